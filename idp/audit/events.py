"""What the trail can tell: every event's name, `subject:action`, and what it means."""

SESSION_START = "session:start"
SESSION_RENEW = "session:renew"
SESSION_END = "session:end"
PERSON_REGISTER = "person:register"
PERSON_CHANGE = "person:change"
PERSON_DISABLE = "person:disable"
PERSON_ENABLE = "person:enable"
PERSON_ERASE = "person:erase"
PASSWORD_CHANGE = "password:change"
PASSWORD_RESET = "password:reset"
CODE_SEND = "code:send"
CODE_CHECK = "code:check"
SIGN_IN = "person:sign_in"
CONSENT_GRANT = "consent:grant"
CONSENT_REFUSE = "consent:refuse"
CONSENT_WITHDRAW = "consent:withdraw"
AUTHORIZATION_GRANT = "authorization:grant"
AUTHORIZATION_REFUSE = "authorization:refuse"
TOKEN_ISSUE = "token:issue"
TOKEN_REFRESH = "token:refresh"
TOKEN_REVOKE = "token:revoke"
CODE_REPLAY = "authorization:replay"
TOKEN_REPLAY = "token:replay"
CLIENT_REGISTER = "client:register"
CLIENT_UPDATE = "client:update"
CLIENT_DELETE = "client:delete"
CLIENT_DISABLE = "client:disable"
CLIENT_ENABLE = "client:enable"
CLIENT_ROTATE_SECRET = "client:rotate_secret"
CLIENT_AUTHENTICATE = "client:authenticate"
CLIENT_MANAGE = "client:manage"
KEY_ROTATE = "key:rotate"
LOGOUT_NOTICE = "logout:notice"
IDENTITY_AGREE = "identity:agree"
IDENTITY_VERIFY = "identity:verify"
IDENTITY_WITHDRAW = "identity:withdraw"
IDENTITY_TAKE_OVER = "identity:take_over"
IDENTITY_APPOINT = "identity:appoint"
CHECK_ANSWER = "check:answer"
CHECK_REFUSE = "check:refuse"
CHECK_DISPUTE = "check:dispute"
FACE_SCAN = "face:scan"
FACE_CONSENT = "face:consent"
FACE_WITHDRAW = "face:withdraw"
FACE_LOCK = "face:lock"
FACE_UNLOCK = "face:unlock"
DEVICE_REGISTER = "device:register"
DEVICE_FORGET = "device:forget"
DEVICE_CHECK = "device:check"
ALIVE_PROOF = "alive:prove"
CONNECTOR_CHANGE = "connector:change"
UPSTREAM_ARRIVE = "upstream:arrive"
LINK_ADD = "link:add"
LINK_REMOVE = "link:remove"
SCAN_ANSWER = "scan:answer"
SCAN_USE = "scan:use"

MEANINGS: dict[str, str] = {
    SESSION_START: "A browser was signed in.",
    SESSION_RENEW: "A signed-in person showed a factor again.",
    SESSION_END: "A browser was signed out.",
    PERSON_REGISTER: "An account was opened.",
    PERSON_CHANGE: "Somebody's identifiers or profile changed.",
    PERSON_DISABLE: "An account was disabled.",
    PERSON_ENABLE: "An account was enabled again.",
    PERSON_ERASE: "An account and its personal data were erased.",
    PASSWORD_CHANGE: "A password was changed by its owner.",
    PASSWORD_RESET: "A forgotten password was replaced.",
    CODE_SEND: "A one-time code was sent.",
    CODE_CHECK: "A one-time code was tried.",
    SIGN_IN: "Somebody tried to sign in.",
    CONSENT_GRANT: "A person let a site see something.",
    CONSENT_REFUSE: "A person refused a site.",
    CONSENT_WITHDRAW: "A person took a consent back.",
    AUTHORIZATION_GRANT: "A site was given an authorization code.",
    AUTHORIZATION_REFUSE: "An authorization request was refused.",
    TOKEN_ISSUE: "A site was given tokens.",
    TOKEN_REFRESH: "A site renewed its tokens.",
    TOKEN_REVOKE: "A site gave tokens back, or they were taken from it.",
    CODE_REPLAY: "An authorization code was used twice; what it bought was revoked.",
    TOKEN_REPLAY: "A refresh token was used twice; its family was revoked.",
    CLIENT_REGISTER: "A relying party was registered.",
    CLIENT_UPDATE: "A relying party's registration was changed.",
    CLIENT_DELETE: "A relying party's registration was deleted.",
    CLIENT_DISABLE: "A relying party was disabled.",
    CLIENT_ENABLE: "A relying party was enabled again.",
    CLIENT_ROTATE_SECRET: "A relying party was given a new secret.",
    CLIENT_AUTHENTICATE: "A relying party failed to prove who it is.",
    CLIENT_MANAGE: "Somebody failed to open a relying party's registration.",
    KEY_ROTATE: "The signing keys of an algorithm were rotated.",
    LOGOUT_NOTICE: "A site was told, or could not be told, that a session ended.",
    IDENTITY_AGREE: "A person agreed that an authority checks their name.",
    IDENTITY_VERIFY: "Somebody's real name was checked.",
    IDENTITY_WITHDRAW: "What proved somebody's real name was withdrawn.",
    IDENTITY_TAKE_OVER: "A proven owner took an identity number from an account that claimed it.",
    IDENTITY_APPOINT: "Somebody made, or gave up, an appointment at a counter.",
    CHECK_ANSWER: "A department asked whether somebody is who they say, and was told.",
    CHECK_REFUSE: "A department's question about somebody was not answered.",
    CHECK_DISPUTE: "A person says that a department's check was not theirs.",
    FACE_SCAN: "A living face was captured and compared, or was refused.",
    FACE_CONSENT: "A person agreed to face scans for a purpose.",
    FACE_WITHDRAW: "A person took their consent to face scans back.",
    FACE_LOCK: "A person locked their face, or too many failures switched it off.",
    FACE_UNLOCK: "A person turned their face on again with another factor.",
    DEVICE_REGISTER: "A device's key was registered as something a person holds.",
    DEVICE_FORGET: "A device's key was forgotten.",
    DEVICE_CHECK: "A browser showed, or failed to show, a registered device's key.",
    ALIVE_PROOF: "A person proved to be alive.",
    CONNECTOR_CHANGE: "An operator changed which upstreams there are, or how far one is trusted.",
    UPSTREAM_ARRIVE: "Somebody came back from an upstream, or failed to.",
    LINK_ADD: "An upstream's person was linked to an account.",
    LINK_REMOVE: "A link to an upstream's person was taken away.",
    SCAN_ANSWER: "A phone let a desktop sign in, refused it, or could not answer.",
    SCAN_USE: "A desktop was signed in by a phone, or failed to.",
}
