import { db } from '#lib/db';
import { sign } from '#lib/rulesets/signing';
import { type Head, headPayload, headText } from '#sdk/head';
import { payloadSha256 } from '#sdk/tag';

/** The head that the publisher signed, or would have signed, of ruleset `seq` so long ago. */
export async function headFrom(seq: number, minutesAgo: number): Promise<string> {
  const { payload } = await db.ruleset.findUniqueOrThrow({ where: { seq } });
  const at = new Date(Date.now() - minutesAgo * 60_000);
  return signedHead({ seq, sha256: payloadSha256(payload), at });
}

/** Signed with the publisher's key. */
export const signedHead = (head: Head): string => headText(head, sign(headPayload(head)));

/** The ruleset as it travels. */
export async function envelopeOf(seq: number): Promise<string> {
  const { payload, signature, keyId } = await db.ruleset.findUniqueOrThrow({ where: { seq } });
  return JSON.stringify({ payload, signature, keyId });
}

/** As after minutes in which nobody signed; answers what is there now. */
export async function ageHead(minutes: number): Promise<string> {
  const { seq } = await db.rulesetHead.findFirstOrThrow();
  const at = new Date(Date.now() - minutes * 60_000);
  const head = await headFrom(seq, minutes);
  await db.rulesetHead.update({ where: { id: 1 }, data: { at, head } });
  return head;
}
