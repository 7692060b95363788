// Keeps what oidc-provider must remember in Redis, one hash per record, one list per grant.
import { Redis } from 'ioredis';

const redis = process.env.PEER_REDIS_URL ? new Redis(process.env.PEER_REDIS_URL) : undefined;
const UNEXPIRING = 0;

const recordKey = (model, id) => `peer:${model}:${id}`;
const grantKey = (grantId) => `peer:granted:${grantId}`;
const aliasKey = (kind, value) => `peer:${kind}:${value}`;

export class RedisAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    const key = recordKey(this.model, id);
    const lifetime = expiresIn ?? UNEXPIRING;
    const batch = redis.pipeline().hset(key, 'payload', JSON.stringify(payload));
    if (lifetime > 0) batch.expire(key, lifetime);
    if (payload.grantId && this.model !== 'Grant') {
      const members = grantKey(payload.grantId);
      batch.rpush(members, key);
      if (lifetime > 0) batch.expire(members, lifetime, 'NX').expire(members, lifetime, 'GT');
    }
    for (const kind of ['uid', 'userCode']) {
      if (!payload[kind]) continue;
      batch.set(aliasKey(kind, payload[kind]), id);
      if (lifetime > 0) batch.expire(aliasKey(kind, payload[kind]), lifetime);
    }
    await batch.exec();
  }

  async find(id) {
    const [payload, consumed] = await redis.hmget(recordKey(this.model, id), 'payload', 'consumed');
    if (!payload) return undefined;
    const record = JSON.parse(payload);
    return consumed ? { ...record, consumed: Number(consumed) } : record;
  }

  async findByUid(uid) {
    return this.findByAlias('uid', uid);
  }

  async findByUserCode(userCode) {
    return this.findByAlias('userCode', userCode);
  }

  async findByAlias(kind, value) {
    const id = await redis.get(aliasKey(kind, value));
    return id ? this.find(id) : undefined;
  }

  async consume(id) {
    await redis.hset(recordKey(this.model, id), 'consumed', Math.floor(Date.now() / 1000));
  }

  async destroy(id) {
    await redis.del(recordKey(this.model, id));
  }

  async revokeByGrantId(grantId) {
    const members = await redis.lrange(grantKey(grantId), 0, -1);
    await redis.del(grantKey(grantId), ...members);
  }
}
