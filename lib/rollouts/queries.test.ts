import { expect, test } from 'vitest';
import { db } from '#lib/db';
import { approveMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { ruleDesk } from '../../tests/rules.ts';
import { advanceMitigation } from './mutations.ts';
import { stageProgress } from './queries.ts';

const { ana, bo, auditor, draft } = await ruleDesk();

test('progress counts what each stage saw', async () => {
  const rule = await draft(ana, { plan: planSchema.parse({ shadowSeconds: 60, canarySeconds: 60 }) });
  await approveMitigation(bo, { mitigation: rule.ref });
  await publishMitigation(ana, { mitigation: rule.ref });
  await db.ruleHit.create({
    data: { mitigationId: rule.id, instanceId: 'pod-a', hits: 3, enforced: 0, lastHitAt: new Date() },
  });
  await advanceMitigation(ana, { mitigation: rule.ref });
  await db.ruleHit.update({
    where: { mitigationId_instanceId: { mitigationId: rule.id, instanceId: 'pod-a' } },
    data: { hits: 10, enforced: 7 },
  });
  const progress = await stageProgress(auditor, rule.ref);
  expect(progress?.stages).toMatchObject([
    { stage: 'shadow', figures: { hits: 3, enforced: 0 } },
    { stage: 'canary', figures: { hits: 7, enforced: 7 } },
    { stage: 'full', begunAt: null, figures: null },
  ]);
  expect(await stageProgress(ana, (await draft()).ref)).toBeNull();
  await expect(stageProgress(ana, 'R-99999')).rejects.toMatchObject({ code: 'not_found' });
});
