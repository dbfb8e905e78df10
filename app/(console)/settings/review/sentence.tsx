import { VERDICTS } from '#lib/reviews/schema';
import { DEFAULT_REVIEW_SETTINGS } from '#lib/settings/schema';
import classes from '../settings.module.css';
import type { SettingsField } from './fields.ts';
import { standardWords, type Typed } from './typed.ts';

type Props = {
  field: SettingsField;
  typed: Typed;
  /** What is saved, in words, where what was typed differs from it. */
  was: string | null;
  error: string | undefined;
  onType: (typed: Typed) => void;
};

/** One setting as a sentence with its input inside, what it does, and its standard value. */
export function Sentence({ field, typed, was, error, onType }: Props) {
  const { name, kind, before, after, what } = field;
  const described = [`${name}-what`, was !== null && `${name}-was`, error && `${name}-error`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={classes.sentence} data-changed={was !== null || undefined}>
      {kind === 'yes' ? (
        <label>
          <input
            type="checkbox"
            checked={typed === true}
            aria-describedby={described}
            onChange={(event) => onType(event.currentTarget.checked)}
          />{' '}
          {before}
        </label>
      ) : kind === 'verdicts' ? (
        <Verdicts
          field={field}
          chosen={Array.isArray(typed) ? typed : []}
          described={described}
          onType={onType}
        />
      ) : (
        <>
          <label htmlFor={name}>{before}</label>
          <input
            id={name}
            inputMode="decimal"
            autoComplete="off"
            className={classes.number}
            value={String(typed)}
            aria-invalid={error !== undefined}
            aria-describedby={`${name}-unit ${described}`}
            onChange={(event) => onType(event.currentTarget.value)}
          />
          <span id={`${name}-unit`}>{after}</span>
        </>
      )}
      {was !== null && (
        <span id={`${name}-was`} className={classes.was}>
          changed, was {was}
        </span>
      )}
      <p id={`${name}-what`} className={classes.what}>
        {what} Standard: {standardWords(kind, DEFAULT_REVIEW_SETTINGS[name])}.
      </p>
      {error && (
        <p id={`${name}-error`} className={classes.error}>
          {error}
        </p>
      )}
    </div>
  );
}

type VerdictsProps = {
  field: SettingsField;
  chosen: readonly string[];
  described: string;
  onType: (typed: Typed) => void;
};

function Verdicts({ field: { name, before }, chosen, described, onType }: VerdictsProps) {
  // In the order of VERDICTS, whatever the order of the ticks: that is what is compared with what is saved.
  const toggled = (verdict: string) =>
    VERDICTS.filter((each) => (each === verdict ? !chosen.includes(each) : chosen.includes(each)));
  return (
    <>
      <span id={`${name}-label`}>{before}</span>
      {VERDICTS.map((verdict) => (
        <label key={verdict}>
          <input
            type="checkbox"
            checked={chosen.includes(verdict)}
            aria-describedby={`${name}-label ${described}`}
            onChange={() => onType(toggled(verdict))}
          />{' '}
          {verdict}
        </label>
      ))}
    </>
  );
}
