"""Every kind of connector there is."""

from collections.abc import Mapping

from federation.connectors import (
    alipay,
    beijing,
    dingtalk,
    essc,
    feishu,
    government_dingtalk,
    jis,
    network_id,
    oidc,
    saml,
    wechat,
    wecom,
    zhejiang,
)
from federation.connectors.ports import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        wechat.KIND,
        alipay.KIND,
        essc.KIND,
        dingtalk.KIND,
        government_dingtalk.KIND,
        wecom.KIND,
        feishu.KIND,
        zhejiang.KIND,
        jis.KIND,
        beijing.KIND,
        network_id.KIND,
        oidc.KIND,
        saml.KIND,
    )
}
