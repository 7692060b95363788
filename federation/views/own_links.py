"""What a person's account is linked to: see it, add to it, take away from it."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from federation.catalogue.catalogue import catalogue
from federation.catalogue.errors import ConnectorUnknownError
from federation.flows.journeys import Purpose
from federation.linking import links
from federation.linking.errors import LastWayInError, LinkUnknownError
from federation.linking.links import Link
from federation.views.sign_in import set_out
from idp.authentication.views.surroundings import transaction
from idp.portal import member, words
from idp.proofing import ownership
from idp.web import guards, house, navigation
from idp.web.locale import current as language
from idp.web.locale import gettext as _

bp = Blueprint("federation_links", __name__, template_folder="../templates")
_PATH = "/account/links"
_FRESH = 600


@bp.get(_PATH)
@guards.signed_in
def show() -> Response:
    """List the links, and what else can be linked."""
    done = {"linked": _("The link was added."), "removed": _("The link was removed.")}
    notice = next((text for name, text in done.items() if request.args.get(name)), "")
    return _page(notice=notice)


@bp.post(f"{_PATH}/add/<key>")
@guards.fresh(_FRESH)
def add(key: str) -> Response:
    """Go to an upstream, and come back linked."""
    person_id = member.session().person_id
    upstream = catalogue().find(key)
    return set_out(upstream, Purpose.LINK, following=_PATH, person_id=person_id)


@bp.post(f"{_PATH}/remove/<key>/<mark>")
@guards.fresh(_FRESH)
def remove(key: str, mark: str) -> Response:
    """Take a link away, and tell the person."""
    session = member.session()
    try:
        with transaction() as tx:
            links.remove(tx, session.person_id, key, mark)
            text = _(
                "[Manyou] %(service)s no longer opens your account. If it was not you, sign in "
                "and change your password.",
                service=_name(key, "zh"),
            )
            ownership.tell(tx, house.vault(), session.person_id, text)
    except (LastWayInError, LinkUnknownError) as refusal:
        return _page(error=_(refusal.description), code=refusal.code, status=refusal.status)
    return navigation.redirect(f"{_PATH}?removed=1")


def _page(*, notice: str = "", error: str = "", code: str = "", status: int = 200) -> Response:
    with transaction() as tx:
        mine = links.of_person(tx, house.vault(), member.session().person_id)
    html = render_template(
        "federation/links.html",
        links=[_shown(link) for link in mine],
        more=[
            {
                "title": upstream.entry.name(language()),
                "icon": upstream.entry.icon,
                "action": f"{request.script_root}{_PATH}/add/{upstream.entry.key}",
            }
            for upstream in catalogue().offered()
        ],
        notice=notice,
        error=error,
        code=code,
    )
    return Response(html, status, mimetype="text/html")


def _shown(link: Link) -> dict[str, object]:
    return {
        "title": _name(link.connector, language()),
        "display_name": link.display_name,
        "linked_at": words.moment(link.linked_at),
        "last_used": words.moment(link.last_used_at),
        "remove_action": f"{request.script_root}{_PATH}/remove/{link.connector}/{link.mark}",
    }


def _name(key: str, spoken: str) -> str:
    try:
        return catalogue().find_any(key).name(spoken)
    except ConnectorUnknownError:
        return key
