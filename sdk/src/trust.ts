import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Disk, TrustedKey } from './disk.ts';
import type { GuardEvent } from './events.ts';
import { feedAddress, UnauthorizedError } from './follow.ts';
import { parsePublicKey } from './snapshot.ts';

const answerSchema = z.object({ keyId: z.string().min(1).max(100), publicKey: z.string().min(1).max(2_000) });

/** The keys whose signatures count. */
export interface Trust {
  keys(): readonly KeyObject[];
  /** Uses the key pinned on disk, if there is one. Never throws. */
  restore(): Promise<void>;
  /** Asks the feed for its key when none is trusted yet, and pins it. Rejects when the feed cannot be asked. */
  ensure(signal: AbortSignal): Promise<void>;
}

/** A key given by the owner is the only one trusted; without one the first key the feed shows is, from then on. */
export function createTrust(options: {
  feedUrl: string;
  apiKey: string;
  publicKey: string | undefined;
  disk: Disk | undefined;
  onEvent: (event: GuardEvent) => void;
}): Trust {
  const { feedUrl, apiKey, disk, onEvent } = options;
  const given = options.publicKey !== undefined;
  let keys: KeyObject[] = options.publicKey === undefined ? [] : [parsePublicKey(options.publicKey)];

  const adopt = (key: TrustedKey) => {
    keys = [parsePublicKey(key.publicKey)];
  };
  return {
    keys: () => keys,
    restore: async () => {
      if (given || !disk) return;
      const pinned = await disk.loadKey();
      if (!pinned) return;
      try {
        adopt(pinned);
      } catch {
        onEvent({ type: 'disk', message: 'The pinned public key is damaged and was ignored.' });
      }
    },
    ensure: async (signal) => {
      if (keys.length > 0) return;
      const response = await fetch(feedAddress(feedUrl, '/v1/key'), {
        headers: { authorization: `Bearer ${apiKey}` },
        signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
      });
      if (response.status === 401 || response.status === 403) throw new UnauthorizedError(response.status);
      if (!response.ok) throw new Error(`The feed did not show its public key (HTTP ${response.status}).`);
      const key = answerSchema.parse(await response.json());
      adopt(key);
      onEvent({ type: 'key_pinned', keyId: key.keyId });
      await disk?.saveKey({ keyId: key.keyId, publicKey: key.publicKey });
    },
  };
}
