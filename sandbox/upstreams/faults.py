"""What can be wrong with an upstream."""

from enum import StrEnum

from sandbox.wording import Both


class Fault(StrEnum):
    """One thing wrong; an upstream has one at a time, or none."""

    DENIED = "denied"
    WRONG_CALLBACK = "wrong_callback"
    WRONG_APP = "wrong_app"
    WRONG_SECRET = "wrong_secret"
    CODE_REPLAYED = "code_replayed"
    CODE_EXPIRED = "code_expired"
    TOKEN_EXPIRED = "token_expired"
    OTHER_USER = "other_user"
    SLOW = "slow"
    ERROR_5XX = "error_5xx"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    ERROR_IN_200 = "error_in_200"
    RATE_LIMIT = "rate_limit"
    BAD_SIGNATURE = "bad_signature"
    CLOCK_FAST = "clock_fast"
    CLOCK_SLOW = "clock_slow"
    NONCE_REPLAYED = "nonce_replayed"
    PLAIN_TEXT = "plain_text"
    NO_UNIONID = "no_unionid"
    OPEN_ID_ONLY = "open_id_only"
    SNAPSHOT_USER = "snapshot_user"
    RISKY_USER = "risky_user"
    EXPIRED_CARD = "expired_card"
    OUTSIDER = "outsider"
    INNER_FAILURE = "inner_failure"
    WRONG_ISSUER = "wrong_issuer"
    NO_ISSUER = "no_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_NONCE = "wrong_nonce"
    UNSIGNED = "unsigned"
    WRAPPED = "wrapped"
    REVOKED = "revoked"


MEANING: dict[StrEnum, Both] = {
    Fault.DENIED: Both("人人都拒绝授权", "Everybody says no"),
    Fault.WRONG_CALLBACK: Both("不认得回调地址", "Does not know the callback"),
    Fault.WRONG_APP: Both("不认得应用", "Does not know the application"),
    Fault.WRONG_SECRET: Both("密钥已更换", "The secret has been changed"),
    Fault.CODE_REPLAYED: Both("授权码已被用过", "Codes were used before"),
    Fault.CODE_EXPIRED: Both("授权码已过期", "Codes have expired"),
    Fault.TOKEN_EXPIRED: Both("令牌已过期", "Tokens have expired"),
    Fault.OTHER_USER: Both("给出另一个人的资料", "Shows somebody else's profile"),
    Fault.SLOW: Both("十秒后才回答", "Answers after ten seconds"),
    Fault.ERROR_5XX: Both("服务器错误 503", "Server error 503"),
    Fault.GARBAGE: Both("用网页代替 JSON", "A web page where JSON belongs"),
    Fault.TRUNCATED: Both("JSON 截断", "JSON that breaks off"),
    Fault.ERROR_IN_200: Both("状态 200，内容却是错误", "Status 200 with an error inside"),
    Fault.RATE_LIMIT: Both("调用超限", "Too many calls"),
    Fault.BAD_SIGNATURE: Both("签名不对", "Signatures that do not fit"),
    Fault.CLOCK_FAST: Both("时钟快十分钟", "The clock is ten minutes fast"),
    Fault.CLOCK_SLOW: Both("时钟慢十分钟", "The clock is ten minutes slow"),
    Fault.NONCE_REPLAYED: Both("随机数已被用过", "Nonces were used before"),
    Fault.PLAIN_TEXT: Both("以 text/plain 回答，不写编码", "Answers as text/plain without charset"),
    Fault.NO_UNIONID: Both("不给 unionid", "Tells no unionid"),
    Fault.OPEN_ID_ONLY: Both("只给 open_id，不给 user_id", "Tells an open_id and no user_id"),
    Fault.SNAPSHOT_USER: Both("快照页虚拟账号", "The shared account of snapshot pages"),
    Fault.RISKY_USER: Both("高风险用户（小程序）", "A user at risk (mini-program)"),
    Fault.EXPIRED_CARD: Both("电子社保卡签发已失效", "The card's signing has run out"),
    Fault.OUTSIDER: Both("人人都是外部人员或访客", "Everybody is an outsider or a visitor"),
    Fault.INNER_FAILURE: Both("外层成功，内层失败", "Success outside, failure inside"),
    Fault.WRONG_ISSUER: Both("签发者不对", "Another issuer"),
    Fault.NO_ISSUER: Both("回调里不写签发者（RFC 9207）", "No issuer in the callback (RFC 9207)"),
    Fault.WRONG_AUDIENCE: Both("受众是别人", "Meant for another audience"),
    Fault.WRONG_NONCE: Both("nonce 或请求编号对不上", "Another request's nonce or id"),
    Fault.UNSIGNED: Both("不签名", "Not signed at all"),
    Fault.WRAPPED: Both("签名包装攻击", "Signature wrapping"),
    Fault.REVOKED: Both("证件已注销", "The credential has been revoked"),
}

SURVIVED = frozenset({Fault.PLAIN_TEXT, Fault.OPEN_ID_ONLY})
"""Whoever reads carefully is not misled by these: people come in all the same."""

EVERYWHERE = (
    Fault.DENIED,
    Fault.WRONG_CALLBACK,
    Fault.WRONG_APP,
    Fault.CODE_REPLAYED,
    Fault.CODE_EXPIRED,
    Fault.SLOW,
    Fault.ERROR_5XX,
    Fault.GARBAGE,
    Fault.TRUNCATED,
    Fault.ERROR_IN_200,
    Fault.RATE_LIMIT,
)
