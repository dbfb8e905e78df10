'use client';

import { Button } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { refusalWords } from '#components/attempt';
import { once } from '#components/once';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import type { Outside } from '#lib/mitigations/backtest-outside';
import { killSwitchProblem } from '#lib/mitigations/kill-switch';
import { defaultPlan } from '#lib/mitigations/plan';
import type { RuleTests } from '#sdk/rule';
import { declareIncidentAction } from '../incidents/actions.ts';
import { draftMitigationAction, editMitigationAction } from './actions.ts';
import { BacktestPanel } from './backtest-panel.tsx';
import { carriedTests } from './carried-tests.ts';
import { chooseFind } from './choose-find.ts';
import classes from './composer.module.css';
import { ComposerGate } from './composer-gate.tsx';
import { type Declaration, DeclarePanel } from './declare-panel.tsx';
import { withPhrases } from './fold-words.ts';
import { KINDS } from './matcher-fields.tsx';
import { takenIn } from './outside-scope.tsx';
import { packed } from './packed.ts';
import {
  type ComposerExample,
  changed,
  matcherOf,
  parametersOf,
  type RuleForm,
  refilled,
  startOf,
} from './rule-form.ts';
import { ThenColumn } from './then-column.tsx';
import { useBacktest } from './use-backtest.ts';
import { useDraft, waysOf } from './use-draft.ts';
import { useScopeTraffic } from './use-scope-traffic.ts';
import { WhenColumn } from './when-column.tsx';
import { combined, type Feature, switched } from './why.ts';
import { WhyPanel } from './why-panel.tsx';

const draftMitigationOnce = once(draftMitigationAction, packed);

const editMitigationOnce = once(editMitigationAction, packed);

const declareIncidentOnce = once(declareIncidentAction);

export type ComposerSource = {
  /** Null: the form declares one when it is saved. */
  incident: { ref: string; severity: string } | null;
  cluster: string | null;
  /** What a declared incident would be called and what would be linked to it. */
  declare: { title: string; interactionIds: string[] };
};

type Props = {
  source: ComposerSource;
  initial: RuleForm;
  examples: ComposerExample[];
  /** What the first draft was made of, to be switched on and off; null where nothing is said about that. */
  why?: Feature[] | null;
  /** Tests that were suggested with it. */
  tests?: RuleTests | null;
  /** Set when a rule is edited instead of written. */
  edit?: {
    ref: string;
    version: number;
    expiresAt: string;
    lifeMinutes: number | null;
    startsAt: string | null;
  };
};

const NO_DRAFT = 'Say first what to look for.';
const MINUTE = 60_000;
const NO_BOUND = 'Bound at least one of them.';

/** A rule as a sentence in three columns: when, then, and what it would have done. */
export function Composer({ source, initial, examples, why = null, tests = null, edit }: Props) {
  const router = useRouter();
  const [form, setForm] = useState(initial);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [message, setMessage] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [on, setOn] = useState<Feature[]>(why?.slice(0, 1) ?? []);
  const [incident, setIncident] = useState(source.incident);
  const [declaration, setDeclaration] = useState<Declaration>({
    title: source.declare.title,
    severity: 'sev2',
  });
  const element = useRef<HTMLFormElement>(null);
  const severity = incident?.severity ?? declaration.severity;
  const { matcher, scope, draft, runnable, tried, problem, conditionProblem } = useDraft(form, examples);
  const traffic = useScopeTraffic(scope);
  const fold = tried.current ? tried.fold : null;
  const about = { incident: incident?.ref ?? null, cluster: source.cluster };
  const ways = useMemo(() => waysOf(draft), [draft]);
  const imported = useBacktest(ways.imported, about);
  const mentioned = useBacktest(ways.mentioned, about);
  const view = ways[form.find] === null ? imported : { imported, mentioned }[form.find];
  const { findChosen } = form;
  const compared = useMemo(() => {
    if (!imported.current || !mentioned.current || !imported.result || !mentioned.result) return null;
    const results = { imported: imported.result, mentioned: mentioned.result };
    return { results, ...chooseFind(mentioned.result.notHarmful, findChosen) };
  }, [imported.current, imported.result, mentioned.current, mentioned.result, findChosen]);
  const find = compared?.find ?? form.find;
  const { minutes, mode, action, fail } = form;
  const usual = useMemo(
    () => defaultPlan(severity, { matcher, mode, action, fail }),
    [severity, matcher, mode, action, fail],
  );
  const plan = form.plan ?? usual;
  const kill = useMemo(() => {
    const life = minutes === '' && edit ? Date.parse(edit.expiresAt) - Date.now() : Number(minutes) * MINUTE;
    return killSwitchProblem({ matcher, scope, mode, action, fail }, life, view.result);
  }, [matcher, scope, mode, action, fail, minutes, edit, view.result]);
  // Said beside its field before anybody tries to save.
  const wrong = kill ? { [kill.field]: kill.message, ...errors } : errors;
  const matcherError = Object.entries(errors).find(([field]) => field.startsWith('matcher'))?.[1];

  // Only a person's choice ends what the figures say.
  useEffect(() => {
    if (find === form.find) return;
    setForm((before) => (before.findChosen ? before : { ...before, find }));
  }, [find, form.find]);

  const set = useCallback((change: Partial<RuleForm>) => {
    setForm((before) => changed(before, change));
    setErrors({});
    setMessage(null);
  }, []);

  function switchFeature(feature: Feature) {
    const next = switched(on, feature);
    setOn(next);
    const rule = combined(next);
    if (rule) set({ ...refilled(form, rule.matcher), target: rule.target });
  }

  function takeIn(outside: Outside) {
    set({ scope: takenIn(form.scope, outside) });
  }

  /** The incident the rule belongs to, declared now where there is none yet; null when that is refused. */
  async function belongsTo(): Promise<string | null> {
    if (incident) return incident.ref;
    const answer = await declareIncidentOnce({
      ...declaration,
      interactionIds: source.declare.interactionIds,
    });
    if (!answer.ok) {
      setErrors(
        Object.fromEntries(
          Object.entries(answer.fields ?? {}).map(([field, why]) => [`incident.${field}`, why]),
        ),
      );
      setMessage(refusalWords(answer, 'Nothing was saved; what you wrote is still here.'));
      return null;
    }
    // From here on it exists, also when the rule itself is refused.
    setIncident({ ref: answer.data.ref, severity: declaration.severity });
    return answer.data.ref;
  }

  async function save(event?: FormEvent) {
    event?.preventDefault();
    if (saving) return;
    if (!matcher) return setMessage(NO_DRAFT);
    if (conditionProblem) return setMessage(conditionProblem);
    const parameters = parametersOf(form);
    if (form.action === 'sampling' && Object.keys(parameters.sampling ?? {}).length === 0) {
      return setErrors({ 'parameters.sampling': NO_BOUND });
    }
    setSaving(true);
    const { title, action, mode, minutes, target, fail, samplePercent } = form;
    const unchanged = JSON.stringify(matcher) === JSON.stringify(matcherOf(initial));
    const carried = edit ? undefined : carriedTests(tests, matcher, unchanged);
    const content = {
      title,
      matcher,
      scope,
      target,
      when: form.when.trim() || null,
      action,
      parameters,
      mode,
      fail,
      sample: samplePercent / 100,
      plan,
      ...(carried && { tests: carried }),
      ...(minutes !== '' && { expiresInMinutes: Number(minutes) }),
      ...startOf(form),
    };
    const belongs = edit ? '' : await belongsTo();
    if (belongs !== null) {
      const answer = edit
        ? await editMitigationOnce({ mitigation: edit.ref, version: edit.version, ...content })
        : await draftMitigationOnce({ incident: belongs, ...content });
      if (answer.ok) {
        const cluster = source.cluster ? `?cluster=${source.cluster}` : '';
        return router.push(`/mitigations/${answer.data.ref}${cluster}`);
      }
      setErrors(answer.fields ?? {});
      setMessage(refusalWords(answer, 'What you wrote is still here.'));
    }
    setSaving(false);
  }

  // Typing keeps every other key; this one works from inside the fields too.
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    element.current?.requestSubmit();
  }

  useShortcuts([
    ...KINDS.map(({ kind, label }, index) => ({
      keys: String(index + 1),
      label: `Look for: ${label.toLowerCase()}`,
      group: 'Rule',
      run: () => set(kind === 'phrases' ? withPhrases(form, fold) : { kind }),
    })),
    {
      keys: 'i',
      label: 'Take in what the scope leaves out',
      group: 'Rule',
      run: () => view.result?.outside && takeIn(view.result.outside),
    },
    {
      keys: 's',
      label: 'Save; Ctrl Enter from inside a field',
      group: 'Rule',
      run: () => element.current?.requestSubmit(),
    },
  ]);

  return (
    <form ref={element} onSubmit={save} onKeyDown={onKeyDown} className={classes.composer}>
      {why && <WhyPanel features={why} on={on} onSwitch={switchFeature} />}
      <section className={classes.column} aria-labelledby="when">
        <h2 id="when">When</h2>
        <WhenColumn
          form={form}
          set={set}
          matcher={matcher}
          draft={runnable}
          problem={problem ?? matcherError}
          whenProblem={conditionProblem ?? errors.when}
          errors={wrong}
          examples={examples}
          traffic={traffic}
          tried={tried}
          fold={fold}
          ways={compared}
          onPhrases={() => set(withPhrases(form, fold))}
          of={source.cluster ? `of ${source.cluster}` : incident ? `of ${incident.ref}` : 'here'}
        />
      </section>
      <section className={classes.column} aria-labelledby="then">
        <h2 id="then">Then</h2>
        {!incident && (
          <DeclarePanel
            declaration={declaration}
            linked={source.declare.interactionIds.length}
            errors={errors}
            onChange={(change) => {
              setDeclaration({ ...declaration, ...change });
              setErrors({});
              setMessage(null);
            }}
          />
        )}
        <ThenColumn form={form} set={set} errors={wrong} usual={usual} edit={edit} />
      </section>
      <section className={classes.column} aria-labelledby="did" data-wide="">
        <h2 id="did">What it would have done</h2>
        <BacktestPanel {...view} onTakeIn={takeIn} />
      </section>
      <ComposerGate
        form={form}
        scope={scope}
        matcher={problem ? null : matcher}
        plan={plan}
        result={view.result}
        traffic={traffic}
        expiresAt={edit?.expiresAt}
        kill={kill}
        message={message}
      >
        <Button type="submit" loading={saving} rightSection={<Keys keys="s" />}>
          {edit ? `Save version ${edit.version + 1}` : incident ? 'Save draft' : 'Save draft and declare'}
        </Button>
      </ComposerGate>
    </form>
  );
}
