"""What a person is told before they agree to face scans: one notice per purpose, with a version.

PIPL §17, §30; Order 19 of 2025: what is processed, why, how long, what it means for the
person, that there is another way, and how to withdraw. Change a word, and change `VERSION`.
"""

from dataclasses import dataclass

from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

VERSION = "2026-11-1"
PROOF, SIGN_IN, ALIVE = "proof", "sign_in", "alive"

# Which agreement covers a scan; a department's is given on its own page, and kept on the scan.
COVERED_BY = {PROOF: PROOF, SIGN_IN: SIGN_IN, "step_up": SIGN_IN, ALIVE: ALIVE}


@dataclass(frozen=True, slots=True)
class Notice:
    """What is read before agreeing to one purpose."""

    purpose: str
    title: LazyText
    why: LazyText
    without: LazyText  # the other way
    withdrawn: LazyText  # what a withdrawal ends


NOTICES = (
    Notice(
        PROOF,
        _("Proving your name with your face"),
        _("To see that the name and ID number you enter belong to you, at level 3."),
        _("Without it, you can prove your name in other ways, or at a counter."),
        _("What you have proven stays proven. No new scan is made for it."),
    ),
    Notice(
        SIGN_IN,
        _("Signing in with your face"),
        _("To let you in, or to confirm that it is you, together with your phone or a code."),
        _("Without it, you sign in with your password or a code by SMS."),
        _("Signing in with your face ends at once. Your other ways of signing in stay."),
    ),
    Notice(
        ALIVE,
        _("Showing that you are alive, for a pension"),
        _("To tell the office that pays you that you are alive, without going there."),
        _("Without it, you show yourself at a counter, or an officer visits you."),
        _("Proofs already given stay valid. No new scan is made for it."),
    ),
)
POINTS = (
    _("A camera takes pictures of your face and of the movements you are asked for."),
    _(
        "They are sent to us encrypted, and compared with the photo that the population register "
        "keeps of you."
    ),
    _("The pictures are deleted within a minute. No picture and no measure of your face is kept."),
    _("What is kept: when it was, what for, and whether it succeeded."),
    _("You can take your consent back at any time, here in your account."),
)
BY_PURPOSE = {notice.purpose: notice for notice in NOTICES}
