"""The three service sites: what sets each apart. Every name here is invented."""

from dataclasses import dataclass

from sandbox.sites.assurance import ANYBODY, FACE, REAL_NAME, TWO_FACTORS, Wish
from sandbox.sites.demands import Demand
from sandbox.wording import Both

PROVEN = Both(
    "敏感事项：需实名并在五分钟内登录过",
    "Sensitive: a proven name, and a sign-in of the last 5 minutes",
)
SENSITIVE = Both("敏感事项：需五分钟内登录过", "Sensitive: needs a sign-in of the last 5 minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something a site does for people.

    *fresh* asks for a sign-in of the last minutes; a *demand* is made by the site's resource API.
    """

    key: str
    mark: str
    name: Both
    about: Both
    rows: tuple[Both, ...]
    fresh: bool = False
    demand: Demand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One service site, as its owner describes it."""

    key: str
    place: int
    name: Both
    short: Both
    motto: Both
    notice: Both
    auth_method: str
    scope: str
    services: tuple[Service, ...]
    asks_consent: bool = False
    wish: Wish = ANYBODY


JIANGBEI = House(
    key="jiangbei",
    place=1,
    name=Both("江北省政务服务网", "Jiangbei Provincial Government Services"),
    short=Both("江北政务", "Jiangbei"),
    motto=Both("一江春水，一网通办", "One river, one counter for everything"),
    notice=Both("江北省为虚构省份", "Jiangbei is an invented province"),
    auth_method="client_secret_basic",
    scope="openid profile phone offline_access",
    asks_consent=True,
    services=(
        Service(
            key="residence",
            mark="居",
            name=Both("居住证办理", "Residence permit"),
            about=Both("登记、签注与进度查询", "Register, endorse, follow the case"),
            rows=(
                Both("受理编号", "Case number"),
                Both("居住月数", "Months resident"),
                Both("剩余有效天数", "Days still valid"),
            ),
        ),
        Service(
            key="licence",
            mark="驾",
            name=Both("驾驶证期满换证", "Driving licence renewal"),
            about=Both("线上申请，邮寄到家", "Apply online, have it posted"),
            rows=(
                Both("档案编号", "File number"),
                Both("累积记分", "Penalty points"),
                Both("距换证天数", "Days until renewal"),
            ),
        ),
        Service(
            key="household",
            mark="户",
            name=Both("户籍信息", "Household register"),
            about=SENSITIVE,
            rows=(
                Both("户号", "Household number"),
                Both("同户人数", "People in the household"),
                Both("变更次数", "Changes on file"),
            ),
            fresh=True,
        ),
    ),
)

TAX = House(
    key="tax",
    place=2,
    name=Both("国家税务服务（演示）", "Demo Tax Service"),
    short=Both("税务演示", "Demo Tax"),
    motto=Both("明白纳税，清楚退税", "Clear accounts, plain refunds"),
    notice=Both("演示站点，与任何税务机关无关", "A demo, unrelated to any tax authority"),
    auth_method="client_secret_post",
    scope="openid profile offline_access",
    wish=Wish(acr=REAL_NAME, essential=True, claims=("name", "birthdate", "id_number")),
    services=(
        Service(
            key="income",
            mark="壹",
            name=Both("个人所得税年度汇算", "Annual income tax return"),
            about=Both("核对收入与专项扣除", "Check income and deductions"),
            rows=(
                Both("综合所得（元）", "Income (CNY)"),
                Both("专项扣除（元）", "Deductions (CNY)"),
                Both("应退税额（元）", "Refund due (CNY)"),
            ),
        ),
        Service(
            key="invoices",
            mark="贰",
            name=Both("电子发票查验", "E-invoice check"),
            about=Both("本年收到的发票", "Invoices received this year"),
            rows=(
                Both("发票张数", "Invoices"),
                Both("价税合计（元）", "Total with tax (CNY)"),
                Both("异常张数", "Irregular ones"),
            ),
        ),
        Service(
            key="certificate",
            mark="叁",
            name=Both("开具完税证明", "Tax payment certificate"),
            about=SENSITIVE,
            rows=(
                Both("证明编号", "Certificate number"),
                Both("年度", "Tax year"),
                Both("实缴税额（元）", "Tax paid (CNY)"),
            ),
            fresh=True,
        ),
        Service(
            key="refund",
            mark="肆",
            name=Both("变更退税账户", "Change the refund account"),
            about=Both("重要事项：需刷脸核验本人", "Grave: name, number and face must agree"),
            rows=(
                Both("变更受理号", "Case number"),
                Both("在途退税（笔）", "Refunds under way"),
                Both("待退税额（元）", "To be refunded (CNY)"),
            ),
            demand=Demand(acr=FACE, max_age=3600, short=Both("需刷脸", "face")),
        ),
    ),
)

SOCIAL = House(
    key="social",
    place=3,
    name=Both("江北省社会保险局", "Jiangbei Social Insurance Bureau"),
    short=Both("江北社保", "Social Insurance"),
    motto=Both("年年有保，岁岁安心", "Covered every year, at ease at every age"),
    notice=Both("虚构机构，数据均为合成", "An invented bureau; all data is synthetic"),
    auth_method="private_key_jwt",
    scope="openid profile phone email offline_access",
    wish=Wish(acr=REAL_NAME),
    services=(
        Service(
            key="pension",
            mark="养",
            name=Both("养老保险账户", "Pension account"),
            about=Both("缴费年限与个人账户", "Years paid in and personal account"),
            rows=(
                Both("累计缴费月数", "Months paid in"),
                Both("个人账户（元）", "Personal account (CNY)"),
                Both("缴费基数（元）", "Contribution base (CNY)"),
            ),
        ),
        Service(
            key="medical",
            mark="医",
            name=Both("医保报销进度", "Medical reimbursement"),
            about=Both("门诊与住院报销", "Out-patient and in-patient claims"),
            rows=(
                Both("待审单据", "Claims in review"),
                Both("本年已报（元）", "Paid this year (CNY)"),
                Both("账户余额（元）", "Balance (CNY)"),
            ),
        ),
        Service(
            key="payee",
            mark="户",
            name=Both("变更待遇发放账户", "Change the account paid to"),
            about=Both("重要事项：需两种验证方式", "Grave: proven in two ways that it is you"),
            rows=(
                Both("变更受理号", "Case number"),
                Both("距下次发放天数", "Days until the next payment"),
                Both("下次发放（元）", "Next payment (CNY)"),
            ),
            demand=Demand(acr=TWO_FACTORS, max_age=3600, short=Both("需双重验证", "two factors")),
        ),
        Service(
            key="qualification",
            mark="资",
            name=Both("待遇资格认证", "Proof of entitlement"),
            about=PROVEN,
            rows=(
                Both("认证编号", "Confirmation number"),
                Both("上次认证距今天数", "Days since the last one"),
                Both("剩余有效天数", "Days still valid"),
            ),
            demand=Demand(acr=REAL_NAME, max_age=300, short=Both("需实名", "proven name")),
        ),
    ),
)

HOUSES = (JIANGBEI, TAX, SOCIAL)
