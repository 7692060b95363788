"""The counter's camera: a visitor leaves a portrait of their own, and takes it away again."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.faces.matcher import UnfitError
from sandbox.nation import nation
from sandbox.register import Citizen
from sandbox.wording import Both

LARGEST = 8 * 1024 * 1024
NOTHING = Both("请先拍照或选择一张照片。", "Take or choose a picture first.")
FAULTS = {
    "no_face": Both("照片里没有看到人脸。", "No face is seen in the picture."),
    "several_faces": Both("照片里不止一个人。", "There is more than one person in the picture."),
    "too_far": Both("脸太小，请靠近一些。", "The face is too small. Come closer."),
    "unreadable": Both(
        "这个文件打不开，请换一张 JPEG 或 PNG 照片。",
        "This file cannot be opened. Choose a JPEG or PNG picture.",
    ),
}

bp = Blueprint("portraits", __name__)


@bp.get("/register/<int:place>/portrait")
def show(place: int) -> ResponseReturnValue:
    """Show the portrait of the *place*-th newcomer, and how to take one."""
    return _page(place, _newcomer(place))


@bp.post("/register/<int:place>/portrait")
def take(place: int) -> ResponseReturnValue:
    """Keep the picture that was sent, drawn anew, if it shows one face."""
    request.max_content_length = LARGEST
    newcomer = _newcomer(place)
    sent = request.files.get("picture")
    octets = sent.read() if sent else b""
    if not octets:
        return _page(place, newcomer, NOTHING), 422
    if not nation().matcher.available:
        return _page(place, newcomer), 503
    try:
        portrait = nation().matcher.portrait(octets)
    except UnfitError as error:
        return _page(place, newcomer, FAULTS.get(error.why, FAULTS["unreadable"])), 422
    nation().register.keep_portrait(newcomer.id_number, portrait)
    return redirect(url_for("portraits.show", place=place), 303)


@bp.post("/register/<int:place>/portrait/delete")
def delete(place: int) -> ResponseReturnValue:
    """Delete the portrait, here and on the disk."""
    nation().register.keep_portrait(_newcomer(place).id_number, None)
    return redirect(url_for("portraits.show", place=place), 303)


@bp.get("/register/<int:place>/portrait.jpg")
def picture(place: int) -> ResponseReturnValue:
    """Return what is kept, for the visitor to see."""
    portrait = _newcomer(place).portrait
    if portrait is None:
        abort(404)
    return Response(portrait, content_type="image/jpeg")


def _newcomer(place: int) -> Citizen:
    found = nation().register.newcomer(place)
    return found or abort(404)


def _page(place: int, newcomer: Citizen, fault: Both | None = None) -> str:
    return render_template(
        "phone/portrait.html",
        place=place,
        person=newcomer,
        fault=fault,
        available=nation().matcher.available,
    )
