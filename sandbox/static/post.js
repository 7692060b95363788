// A SAML answer goes back by POST: by itself where scripts run, by the button where none do.
document.getElementById("post").submit();
