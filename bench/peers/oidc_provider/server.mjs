// npm oidc-provider, set up to do what Manyou does on the bench: ES256, rotation, introspection.
import { createServer } from 'node:http';
import { webcrypto } from 'node:crypto';
import Provider from 'oidc-provider';
import { answerPage, logoutPage } from './pages.mjs';
import { RedisAdapter } from './redis_adapter.mjs';

const port = Number(process.env.PEER_PORT);
const issuer = process.env.PEER_ISSUER ?? `http://localhost:${port}`;
const RESOURCE = 'urn:bench:resource';
const DAY = 24 * 60 * 60;

async function signingKey() {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey('jwk', pair.privateKey);
  return { kty, crv, x, y, d, use: 'sig', alg: 'ES256', kid: 'bench' };
}

const onlyMachines = (ctx) => (ctx.oidc.params?.grant_type === 'client_credentials' ? RESOURCE : undefined);

const configuration = {
  adapter: process.env.PEER_REDIS_URL ? RedisAdapter : undefined,
  clients: JSON.parse(process.env.PEER_CLIENTS ?? '[]'),
  jwks: { keys: [await signingKey()] },
  cookies: { keys: ['bench-only, never a secret'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'], userinfoSigningAlgValues: ['ES256'] },
  scopes: ['openid', 'offline_access', 'profile'],
  claims: { openid: ['sub'], profile: ['preferred_username', 'locale'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, locale: 'zh-CN' }),
  }),
  // Its own guard refuses loopback, where everything on a bench lives.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: 600, ClientCredentials: 600, AuthorizationCode: 600, IdToken: 600,
    Grant: DAY, Interaction: 600, RefreshToken: DAY, Session: DAY,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    backchannelLogout: { enabled: true },
    registration: { enabled: process.env.PEER_REGISTRATION === 'open' },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => { ctx.body = logoutPage(form); },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: onlyMachines,
      getResourceServerInfo: () => ({
        scope: 'read', audience: RESOURCE, accessTokenTTL: 600,
        accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
};

const provider = new Provider(issuer, configuration);
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('backchannel.error', (ctx, error, client) => console.error(client.clientId, error));
const protocol = provider.callback();

createServer((request, response) => {
  answerPage(provider, request, response)
    .then((answered) => answered || protocol(request, response))
    .catch((error) => {
      console.error(error);
      response.statusCode = 500;
      response.end();
    });
}).listen(port, '127.0.0.1', () => console.log(`listening on ${port}`));
