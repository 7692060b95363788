"""How the department introduces itself to the provider, and what it may check."""

from typing import Any

from sandbox.addresses import Country
from sandbox.department.agency import ALIVE_SCOPE, FACE_SCOPE, SCOPE
from sandbox.wording import Both

NAME = Both("江北市民服务中心（演示）", "Jiangbei Citizens' Centre (demo)")
FACES = "/department/face"
PURPOSES = {
    "social_security": Both("社会保险", "Social security"),
    "benefits": Both("救助与补贴", "Benefits and relief"),
    "education": Both("入学", "Education"),
    "real_estate": Both("不动产登记", "Real estate"),
}
LEGAL_BASES = {
    "consent": Both("本人同意", "The person agrees"),
    "statutory_duty": Both("法定职责", "A duty by law"),
}


def metadata(country: Country) -> dict[str, Any]:
    """Return what the operator registers; `verification` is the permission to check."""
    return {
        "client_name": NAME.en,
        "client_name#zh-CN": NAME.zh,
        "client_uri": f"{country.phone}/department",
        "grant_types": ["client_credentials"],
        "scope": f"{SCOPE} {FACE_SCOPE} {ALIVE_SCOPE}",
        "profile": "demo",
        "token_endpoint_auth_method": "client_secret_basic",
        "verification": {
            "purposes": [*PURPOSES],
            "legal_bases": [*LEGAL_BASES],
            "faces": {
                "purposes": ["social_security", "benefits"],
                "origins": [country.phone],
                "return_uris": [f"{country.phone}{FACES}"],
            },
            "alive": {"purposes": ["social_security"]},
        },
    }
