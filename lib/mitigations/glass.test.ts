import { beforeEach, expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { machine, person } from '../../tests/fixtures.ts';
import { backtested, ruleDesk } from '../../tests/rules.ts';
import { approveMitigation, expireMitigations, publishMitigation, withdrawMitigation } from './mutations.ts';

const { ana, bo, draft } = await ruleDesk();
const breakGlassReason = 'Nobody else is awake and tokens leak';
const forbidden = { code: 'forbidden' };

/** Other spellings of the same thing, as somebody would write them to be let out again. */
const SPELLINGS = ['execute\\("SELECT', '(?:execute)\\("SELECT', 'execut[e]\\("SELECT', 'exec.te\\("SELECT'];

beforeEach(async () => {
  await db.mitigation.updateMany({
    data: { breakGlassReason: null, approvalDueAt: null, state: 'withdrawn' },
    where: { breakGlassReason: { not: null } },
  });
});

async function incident(): Promise<string> {
  const row = await db.incident.create({ data: { id: newId(), title: 'Another', severity: 'sev2' } });
  return `INC-${row.number}`;
}

let spelled = 0;
async function measured(actor: Parameters<typeof draft>[0] = ana, changes: Parameters<typeof draft>[1] = {}) {
  spelled += 1;
  const pattern = SPELLINGS[spelled % SPELLINGS.length] ?? '';
  const rule = await draft(actor, {
    matcher: { kind: 're2', pattern, ignoreCase: false },
    tests: { mustMatch: [{ text: 'execute("SELECT 1" + n' }], mustNotMatch: [] },
    ...changes,
  });
  await backtested(rule.id);
  return rule;
}

const breaks = (actor: Parameters<typeof publishMitigation>[0], { ref }: { ref: string }) =>
  publishMitigation(actor, { mitigation: ref, breakGlassReason });

test('one person’s word is good for one rule that nobody approved, whatever it is written like and wherever', async () => {
  const first = await measured();
  await breaks(ana, first);
  await expect(breaks(ana, await measured())).rejects.toMatchObject({
    ...forbidden,
    message: expect.stringMatching(
      new RegExp(`You broke glass for ${first.ref} in INC-\\d+, and nobody has approved that\\..*Bo can\\.`),
    ),
  });
  // Neither does a new incident help, nor taking the first back, nor its end.
  await expect(breaks(ana, await measured(ana, { incident: await incident() }))).rejects.toMatchObject(
    forbidden,
  );
  await withdrawMitigation(ana, { mitigation: first.ref, reason: 'its half hour is nearly over' });
  await expect(breaks(ana, await measured(ana, { incident: await incident() }))).rejects.toMatchObject(
    forbidden,
  );
});

test('keys of one person are that person, and a key that names nobody has no word to give', async () => {
  const cy = await person('commander', 'Cy');
  const [one, two] = [await machine(['respond'], null, cy.id), await machine(['respond'], bo.id, cy.id)];
  await breaks(one, await measured());
  for (const actor of [two, cy]) {
    await expect(breaks(actor, await measured(ana, { incident: await incident() }))).rejects.toThrow(
      /You broke glass/,
    );
  }
  const command = await machine(['respond'], bo.id, null);
  await expect(breaks(command, await measured(ana, { incident: await incident() }))).rejects.toThrow(
    /nobody is named as the holder/,
  );
});

test('an incident hears it from one person at a time, and from the same person once a day', async () => {
  const [cy, di] = [await person('commander', 'Cy'), await person('commander', 'Di')];
  const ref = await incident();
  const first = await measured(ana, { incident: ref });
  await breaks(cy, first);
  await expect(breaks(di, await measured(ana, { incident: ref }))).rejects.toThrow(/Somebody broke glass/);
  await approveMitigation(bo, { mitigation: first.ref });
  await expect(breaks(cy, await measured(ana, { incident: ref }))).rejects.toThrow(/once a day/);
  await breaks(di, await measured(ana, { incident: ref }));
  // A day later it is forgotten.
  await breaks(cy, await measured(ana, { incident: await incident() }));
});

test('who broke it, by hand or with a key, does not ratify it; nor does a key or who wrote it', async () => {
  const [cy, di] = [await person('commander', 'Cy'), await person('commander', 'Di')];
  const rule = await measured();
  await breaks(await machine(['respond'], null, cy.id), rule);
  for (const actor of [ana, cy, await machine(['respond'], bo.id)]) {
    await expect(approveMitigation(actor, { mitigation: rule.ref })).rejects.toMatchObject(forbidden);
  }
  await approveMitigation(di, { mitigation: rule.ref });
});

test('what nobody measured is not one person’s to send out: untried, no control data, too little of it', async () => {
  const rule = await draft();
  await expect(breaks(ana, rule)).rejects.toThrow(/not been back-tested.*Bo.*can\./);
  await backtested(rule.id, 0, 19);
  await expect(breaks(ana, rule)).rejects.toThrow(/19 control samples, and it takes 20/);
  await db.backtest.deleteMany({ where: { mitigationId: rule.id } });
  await backtested(rule.id, 0, 20);
  expect(await breaks(ana, rule)).toMatchObject({ breakGlass: true });
});

test('two at the same moment: one of them goes out, in one incident or in two', async () => {
  const cy = await person('commander', 'Cy');
  for (const places of [1, 2]) {
    const refs = [await incident(), await incident()].slice(0, places);
    const rules = [0, 1, 2].map((index) => measured(ana, { incident: refs[index % places] ?? '' }));
    const tries = await Promise.allSettled((await Promise.all(rules)).map((rule) => breaks(cy, rule)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await db.mitigation.updateMany({ data: { approvalDueAt: null, breakGlassReason: null } });
  }
});

test('the table itself holds one outstanding word of a person', async () => {
  const cy = await person('commander', 'Cy');
  const [one, two] = [await measured(), await measured(ana, { incident: await incident() })];
  await breaks(cy, one);
  const forced = db.mitigation.update({
    where: { id: two.id },
    data: { state: 'live', glassById: cy.id, approvalDueAt: new Date(Date.now() + 60_000) },
  });
  await expect(forced).rejects.toThrow(/[Uu]nique constraint/);
  await db.mitigation.update({ where: { id: one.id }, data: { approvalDueAt: new Date(Date.now() - 1) } });
  await expireMitigations({ kind: 'system', name: 'expiry' });
});
