// A relying party on npm openid-client: reads one JSON command a line, answers with one JSON line.
import { createInterface } from 'node:readline';
import * as oidc from 'openid-client';

const { RP_ISSUER, RP_CLIENT_ID, RP_CLIENT_SECRET, RP_REDIRECT_URI, RP_SIGNED_OUT_URI } = process.env;
const SCOPE = 'openid profile offline_access';

const config = await oidc.discovery(
  new URL(RP_ISSUER),
  RP_CLIENT_ID,
  RP_CLIENT_SECRET,
  oidc.ClientSecretBasic(RP_CLIENT_SECRET),
  { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
);

let pending;
let tokens;
let claims;

function keep(answer) {
  tokens = { ...tokens, ...answer };
  claims = answer.claims() ?? claims;
  return { ...answer, claims };
}

const commands = {
  metadata: async () => config.serverMetadata(),

  async start({ prompt }) {
    pending = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
      idTokenExpected: true,
    };
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: RP_REDIRECT_URI,
      scope: SCOPE,
      prompt,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: pending.expectedState,
      nonce: pending.expectedNonce,
    });
    return { url: url.href };
  },

  finish: async ({ url }) => keep(await oidc.authorizationCodeGrant(config, new URL(url), pending)),

  refresh: async ({ token }) => keep(
    await oidc.refreshTokenGrant(config, token ?? tokens.refresh_token),
  ),

  userinfo: async ({ token }) => oidc.fetchUserInfo(config, token ?? tokens.access_token, claims.sub),

  introspect: async ({ token }) => oidc.tokenIntrospection(config, token ?? tokens.access_token),

  async revoke({ token }) {
    await oidc.tokenRevocation(config, token);
    return {};
  },

  async end_session() {
    const url = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: RP_SIGNED_OUT_URI,
      id_token_hint: tokens.id_token,
      state: 'after-logout',
    });
    return { url: url.href };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: command, ...options } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: await commands[command](options) };
  } catch (error) {
    const refusal = error.error ?? error.cause?.[0]?.parameters?.error;
    answer = { failed: refusal ?? error.code ?? error.name, why: error.message };
  }
  console.log(JSON.stringify(answer));
}
