// The two pages a person meets at the peer, with the field names that Manyou's own pages have.
import { once } from 'node:events';

const page = (form) => `<!doctype html><html lang="en"><title>peer</title><body>${form}</body></html>`;

const loginForm = (uid) => page(`
  <form method="post" action="/interaction/${uid}/login">
    <input name="username"><input name="password" type="password">
    <button id="submit" name="submit">Sign in</button>
  </form>`);

const consentForm = (uid) => page(`
  <form method="post" action="/interaction/${uid}/consent">
    <button id="consent-allow" name="decision" value="allow">Allow</button>
    <button id="consent-deny" name="decision" value="deny">Deny</button>
  </form>`);

export const logoutPage = (form) => page(`${form}
  <button id="logout-confirm" form="op.logoutForm" name="logout" value="yes">Sign out</button>`);

async function readForm(request) {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  await once(request, 'end');
  return new URLSearchParams(text);
}

// Any user name may enter: what a password costs is not what this bench compares.
async function finishLogin(provider, request, response) {
  const form = await readForm(request);
  const result = { login: { accountId: form.get('username') } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function finishConsent(provider, request, response) {
  const form = await readForm(request);
  if (form.get('decision') !== 'allow') {
    const denied = { error: 'access_denied', error_description: 'the person refused' };
    await provider.interactionFinished(request, response, denied);
    return;
  }
  const { params, session, grantId, prompt } = await provider.interactionDetails(request, response);
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (prompt.details.missingOIDCScope) grant.addOIDCScope(prompt.details.missingOIDCScope.join(' '));
  if (prompt.details.missingOIDCClaims) grant.addOIDCClaims(prompt.details.missingOIDCClaims);
  const result = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

/** Answer a person's page, or return false when *request* is for the protocol. */
export async function answerPage(provider, request, response) {
  const [, area, uid, step] = new URL(request.url, provider.issuer).pathname.split('/');
  if (area !== 'interaction') return false;
  if (request.method === 'POST') {
    await (step === 'login' ? finishLogin : finishConsent)(provider, request, response);
    return true;
  }
  const { prompt } = await provider.interactionDetails(request, response);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end((prompt.name === 'login' ? loginForm : consentForm)(uid));
  return true;
}
