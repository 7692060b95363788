"""What a person is told about each failure, and which ways on there are."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from idp.errors import IdentityError
from idp.web import navigation
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _


@dataclass(frozen=True)
class ErrorPage:
    """The words for one failure; without an *explanation* the error's own description serves."""

    title: LazyText
    explanation: LazyText | None = None
    next_steps: tuple[str, ...] = ("home",)


_MALFORMED = ErrorPage(_("This request cannot be understood"))
_BROKEN = ErrorPage(
    _("Something went wrong on our side"),
    _("It has been recorded and will be looked into. Please try again in a while."),
    ("again", "home"),
)
_UNAVAILABLE = ErrorPage(
    _("We cannot do this at the moment"),
    _("Nothing was changed. Please try again shortly."),
    ("again", "home"),
)
_UNAVAILABLE_SCAN = ErrorPage(
    _("We cannot do this at the moment"), None, ("again", "real_name", "home")
)
_LATE = ErrorPage(
    _("This page has expired"),
    _("It was open for too long, or was opened in another browser. Please start again."),
    ("again", "home"),
)
_REFUSED = ErrorPage(_("This is not allowed"), None, ("account", "home"))
_FROM_A_SITE = ErrorPage(_("The site that sent you here made a mistake"))
_ENTRY = ErrorPage(_("This cannot be accepted"), None, ("again", "home"))
_SIGN_IN = ErrorPage(_("Please sign in again"), None, ("sign_in", "home"))

_PROOFING = ErrorPage(_("Your real name is not verified yet"), None, ("real_name", "account"))

PAGES: dict[str, ErrorPage] = {
    # The house.
    "server_error": _BROKEN,
    "temporarily_unavailable": _UNAVAILABLE,
    "busy": ErrorPage(_("Please wait a little"), None, ("again", "home")),
    "hashing_failed": _BROKEN,
    "hashing_not_started": _BROKEN,
    "sealed_data_unreadable": _BROKEN,
    "master_keys_invalid": _BROKEN,
    "shangmi_message_invalid": _BROKEN,
    "shangmi_key_invalid": _BROKEN,
    "signing_key_missing": _BROKEN,
    "job_hopeless": _BROKEN,
    "delivery_failed": _UNAVAILABLE,
    "outbound_failed": _UNAVAILABLE,
    "authority_unavailable": _UNAVAILABLE,
    "outbound_refused": _MALFORMED,
    # The request.
    "invalid_request": _MALFORMED,
    "invalid_document": _MALFORMED,
    "request_too_large": ErrorPage(_("This is too large")),
    "content_encoding_unsupported": _MALFORMED,
    "media_type_unsupported": _MALFORMED,
    "method_not_allowed": _MALFORMED,
    "host_unknown": ErrorPage(_("This address is not ours")),
    "tls_required": ErrorPage(_("This connection is not secure")),
    "not_found": ErrorPage(
        _("There is no such page"),
        _("The address may be mistyped, or the page may have moved."),
        ("home", "account"),
    ),
    "too_many_requests": ErrorPage(_("Please wait a little"), None, ("again", "home")),
    "form_expired": _LATE,
    "form_invalid": _ENTRY,
    # The protocol: what a site got wrong.
    **dict.fromkeys(
        (
            *("client_unknown", "redirect_uri_mismatch", "invalid_redirect_uri", "invalid_client"),
            *("invalid_client_metadata", "invalid_grant", "invalid_scope", "insufficient_scope"),
            "invalid_target",
            *("invalid_token", "authentication_failed", "unsupported_grant_type"),
            *("unsupported_response_type", "unauthorized_client", "registration_closed"),
            *("request_not_supported", "request_uri_not_supported", "registration_not_supported"),
        ),
        _FROM_A_SITE,
    ),
    "access_denied": _REFUSED,
    "interaction_expired": _LATE,
    **dict.fromkeys(
        ("session_ended", "login_required", "consent_required", "interaction_required"), _SIGN_IN
    ),
    # Departments' checks.
    "check_unknown": ErrorPage(
        _("There is no such check"), _("It was not about you, or is no longer kept."), ("account",)
    ),
    **dict.fromkeys(
        (
            *("check_not_permitted", "check_purpose_refused", "check_input_invalid"),
            *("check_condition_failed", "idempotency_key_missing", "idempotency_key_reused"),
            *("idempotency_in_progress", "check_quota_exceeded", "identity_tried_too_often"),
            *("guessing_suspected", "authority_busy", "batch_unknown", "batch_invalid"),
            *("face_scan_unknown", "face_scan_running", "face_verdict_fetched"),
        ),
        _FROM_A_SITE,
    ),
    "face_scans_closed": _UNAVAILABLE,
    "face_scan_expired": ErrorPage(
        _("This scan is over"),
        _("It was finished, or not finished in time. Please start again at the office."),
    ),
    "face_scan_unanswered": _UNAVAILABLE,
    "alive_proof_unknown": ErrorPage(_("There is no such proof"), None, ("account", "home")),
    # Proving a name.
    **dict.fromkeys(
        (
            *("identity_not_proven", "identity_mismatch", "identity_unreadable", "proofing_step"),
            *("identity_not_checkable", "identity_already_proven", "identity_differs"),
            *("face_not_confirmed", "face_not_checkable", "face_locked"),
            *("proofing_way_unknown", "appointment_full", "appointment_unknown"),
        ),
        _PROOFING,
    ),
    # Face scans.
    **dict.fromkeys(
        (
            *("face_consent_missing", "face_guardian_needed", "face_guardian_unfit"),
            "face_factor_needed",
        ),
        ErrorPage(_("Your face is not scanned"), None, ("face", "account")),
    ),
    # Capture sessions; programs read these, and people if a page of ours fails.
    "face_not_offered": _UNAVAILABLE_SCAN,
    "face_ticket_invalid": _LATE,
    "face_origin_foreign": _REFUSED,
    "face_batch_invalid": _MALFORMED,
    "face_scan_step": _LATE,
    "face_steps_spent": _UNAVAILABLE_SCAN,
    "face_scan_over": _LATE,
    "invalid_picture": _ENTRY,
    "vision_busy": ErrorPage(_("Please wait a little"), None, ("again", "home")),
    "vision_lost": _UNAVAILABLE_SCAN,
    "vision_not_started": _BROKEN,
    # What other services vouched for.
    "upstream_unavailable": _UNAVAILABLE,
    **dict.fromkeys(
        (
            *("upstream_failed", "upstream_denied", "upstream_code_invalid"),
            *("upstream_answer_invalid", "upstream_account_unfit", "upstream_misconfigured"),
            "upstream_circle",
        ),
        ErrorPage(_("The other service did not sign you in"), None, ("sign_in", "home")),
    ),
    "connector_unknown": ErrorPage(_("There is no such way in"), None, ("sign_in", "home")),
    **dict.fromkeys(("connector_invalid", "connector_taken"), _ENTRY),
    **dict.fromkeys(("farewell_over", "logout_token_spent"), _LATE),
    **dict.fromkeys(
        (
            *("federation_flow_lost", "federation_callback_invalid", "federation_parked_lost"),
            *("upstream_subject_unfit", "upstream_session_over"),
        ),
        ErrorPage(_("Please sign in again"), None, ("sign_in", "home")),
    ),
    **dict.fromkeys(
        (
            "link_taken",
            "link_last_way_in",
            "link_unknown",
            "link_needs_sign_in",
            "link_account_closed",
            "merge_refused",
        ),
        ErrorPage(_("The link was not changed"), None, ("account", "home")),
    ),
    # Scan to sign in: the way on is at the computer, not here.
    **dict.fromkeys(
        ("scan_unknown", "scan_expired", "scan_taken", "scan_over", "scan_mismatch"),
        ErrorPage(_("Nobody was signed in"), None, ("account", "home")),
    ),
    "scan_not_fresh": ErrorPage(_("Confirm it is you"), None, ("sign_in", "home")),
    "scan_account_refused": ErrorPage(_("Nobody was signed in"), None, ("sign_in", "home")),
    # Old ways in.
    **dict.fromkeys(
        (
            *("legacy_service_unknown", "signature_invalid", "signature_stale"),
            *("signature_replayed", "ticket_invalid", "ticket_token_invalid", "party_unavailable"),
        ),
        _FROM_A_SITE,
    ),
    "legacy_user_name_missing": _REFUSED,
    # Persons, and what they typed.
    "person_unknown": _SIGN_IN,
    "person_erased": _REFUSED,
    "code_void": _LATE,
    "possession_gone": _LATE,
    "device_unknown": _ENTRY,
    "device_key_invalid": _ENTRY,
    "devices_full": _REFUSED,
    "face_name_unproven": _PROOFING,
    **dict.fromkeys(
        (
            *("credentials_wrong", "code_wrong", "terms_not_accepted", "display_name_invalid"),
            *("identifier_taken", "identifier_missing", "invalid_identifier"),
            *("username_invalid", "username_length", "username_characters", "username_number"),
            *("username_reserved", "username_confusable", "username_taken"),
            *("phone_invalid", "phone_characters", "phone_not_mobile", "phone_taken"),
            *("real_name_invalid", "real_name_length", "real_name_characters"),
            *("password_invalid", "password_too_short", "password_too_long"),
            *("password_characters", "password_common", "password_personal"),
            *("id_number_invalid", "id_number_length", "id_number_characters"),
            *("id_number_checksum", "id_number_region", "id_number_void", "id_number_not_enough"),
            *("id_number_birth_date", "id_number_birth_date_past", "id_number_birth_date_future"),
            *("credit_code_invalid", "credit_code_length", "credit_code_characters"),
            *("credit_code_authority", "credit_code_checksum", "registration_number_invalid"),
            *("travel_document_invalid", "travel_document_length", "travel_document_state"),
            "travel_document_characters",
            # Only `manyou registry import` says these.
            *("import_busy", "import_file_changed"),
            *("import_header_invalid", "import_row_malformed"),
            *("import_row_encoding", "import_cell_invalid", "import_cell_missing"),
            *("import_date_invalid", "import_state_unknown", "import_cells_contradict"),
            *("import_archive_invalid", "import_register_empty", "import_portrait_of_nobody"),
            *("import_picture_missing", "import_picture_size", "import_picture_unreadable"),
            "import_drawing_unavailable",
        ),
        _ENTRY,
    ),
}

# Where a status alone must do: codes that a room invents without telling this table.
_BY_STATUS = {403: _REFUSED, 404: PAGES["not_found"], 429: PAGES["too_many_requests"]}


def page_of(error: IdentityError) -> ErrorPage:
    """Return the words for *error*."""
    told = PAGES.get(error.code) or _BY_STATUS.get(error.status)
    if told:
        return told
    return _BROKEN if error.status >= 500 else _MALFORMED  # noqa: PLR2004 - HTTP's own


def links(page: ErrorPage) -> list[tuple[LazyText, str]]:
    """Return the ways on from *page* as labels and addresses."""
    return [(label, address()) for label, address in map(_STEPS.__getitem__, page.next_steps)]


def _path(path: str) -> Callable[[], str]:
    return lambda: f"{request.script_root}{path}"


def _again() -> str:
    """Return the page that a form was on, or this page: our forms post to their own address."""
    here = navigation.safe_path(navigation.here())
    return f"{request.script_root}{here or '/'}"


_STEPS: dict[str, tuple[LazyText, Callable[[], str]]] = {
    "home": (_("To the start page"), _path("/")),
    "account": (_("To my account"), _path("/account")),
    "sign_in": (_("Sign in"), _path("/sign-in")),
    "real_name": (_("Verify who you are"), _path("/account/real-name")),
    "face": (_("To your face"), _path("/account/face")),
    "again": (_("Try again"), _again),
}
