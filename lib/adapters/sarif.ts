import { createHash } from 'node:crypto';
import { AppError } from '#lib/errors';
import type { Finding, Target } from '#lib/findings/schema';
import { locator, type Region } from '#lib/findings/span';
import { MAX_TEXT, type NotShown } from '#lib/interactions/schema';
import { parse } from '#lib/parse';
import {
  type Adapted,
  type AdaptedItem,
  type AdapterContext,
  clip,
  counted,
  countsOf,
  stamp,
  storableText,
  sumBy,
} from './adapted.ts';
import { fileNames, type NamedFile } from './file-names.ts';
import { instant } from './instant.ts';
import { failuresOf } from './sarif-failures.ts';
import { findingOf } from './sarif-finding.ts';
import { CLEAN_KINDS, LANGUAGE_BY_ENDING, MAPPING_VERSION } from './sarif-mapping.ts';
import { type SarifResult, type SarifRun, sarifLogSchema } from './sarif-schema.ts';

/** Most results in one document, each of its places counted; one more is told apart from a body that is too large. */
export const MAX_RESULTS = 1_000;

/**
 * A SARIF 2.1.0 log. Each place of a result becomes a finding for the interaction that it names: by
 * `properties.interactionId` of the result, else of its run; without those by the file as the caller's id, then as the
 * path. Where none is here, one is made from the text in the log: the artifact's contents, else the snippet. Throws
 * `invalid` for what is no SARIF 2.1.0, `too_large` over `most` results.
 */
export function fromSarif(input: unknown, context: AdapterContext, most = MAX_RESULTS): Adapted {
  const log = parse(sarifLogSchema, input);
  const results = log.runs.flatMap((run) =>
    (run?.results ?? []).map((result) => ({
      run: run as SarifRun,
      result,
      places: result ? placesOf(result) : [],
    })),
  );
  const count = results.reduce((sum, { places }) => sum + Math.max(places.length, 1), 0);
  if (count > most) {
    throw new AppError(
      'too_large',
      `One SARIF log may have ${most} results, each of their places counted; this has ${count}. Send it in parts.`,
    );
  }
  const adapted: Adapted = {
    mapping: MAPPING_VERSION,
    items: [],
    rows: new Map(),
    failures: failuresOf(log),
  };
  const files = new Map(log.runs.map((run) => [run, run && filesOf(run)]));
  results.forEach(({ run, result, places }, index) => {
    const known = files.get(run);
    if (!result || !known)
      adapted.items.push({ index, id: null, kind: 'refused', why: 'The result is not an object.' });
    else adapted.items.push(...itemsOf({ adapted, context, run, ...known }, result, places, index));
  });
  return adapted;
}

type Reading = {
  adapted: Adapted;
  context: AdapterContext;
  run: SarifRun;
} & Files;
type Files = {
  nameFile: ReturnType<typeof fileNames>;
  artifacts: Map<string, Artifact>;
};
type Artifact = NonNullable<SarifRun['artifacts']>[number];
type Place = NonNullable<NonNullable<NonNullable<SarifResult['locations']>[number]>['physicalLocation']>;

type Where = {
  file: NamedFile | null;
  region: Region | undefined;
  from: Text | undefined;
  language: string;
};
/** A text to make an interaction from: a whole file, or a piece of one. */
type Text = { text: string; whole: boolean };

/** The files of a run by their names; the first of a name counts. */
function filesOf(run: SarifRun): Files {
  const nameFile = fileNames(run.originalUriBaseIds ?? {});
  const artifacts = new Map<string, Artifact>();
  for (const artifact of run.artifacts ?? []) {
    const name = nameFile(artifact?.location ?? {})?.name;
    if (name !== undefined && !artifacts.has(name)) artifacts.set(name, artifact);
  }
  return { nameFile, artifacts };
}

/** Where a result lies: each of its places in a file, else the file that was scanned. */
function placesOf({ locations, analysisTarget }: SarifResult): Place[] {
  const places = (locations ?? []).flatMap((each) => each?.physicalLocation ?? []);
  const named = places.filter(({ artifactLocation: at }) => at?.uri !== undefined || at?.index !== undefined);
  if (named.length > 0) return named;
  return analysisTarget ? [{ ...places[0], artifactLocation: analysisTarget }] : places.slice(0, 1);
}

function itemsOf(reading: Reading, result: SarifResult, places: Place[], index: number): AdaptedItem[] {
  const { run } = reading;
  const named = result.properties?.interactionId || run.properties?.interactionId;
  const wheres = (places.length > 0 ? places : [undefined]).map((place) => whereOf(reading, place));
  const nothing = nothingWrong(result);
  if (nothing) return [{ index, id: named ?? wheres[0]?.file?.name ?? null, kind: 'clean', why: nothing }];
  const notShown = counted([
    ['place without a file', (result.locations?.length ?? 0) - places.length],
    ['related place', result.relatedLocations ?? 0],
    ['flow', result.codeFlows ?? 0],
    ['stack', result.stacks ?? 0],
    ['graph', result.graphs ?? 0],
    ['fix', result.fixes ?? 0],
    ['attachment', result.attachments ?? 0],
  ]);
  const finding = findingOf(run, result);
  return wheres.map((where): AdaptedItem => {
    const id = named ?? where.file?.name ?? null;
    if (id === null)
      return { index, id, kind: 'refused', why: 'The result names neither a file nor an interaction.' };
    const orRow = where.from && rowFor(reading, where, where.from, named, finding, notShown);
    const reported = { targets: targetsOf(named, where.file, orRow), finding, region: where.region };
    return { index, id: storableText(id), kind: 'finding', reported, orRow, notShown };
  });
}

/** Why a result says that nothing is wrong now, in the standard's word; null where something is. */
function nothingWrong({ kind, baselineState, suppressions }: SarifResult): string | null {
  if (kind !== undefined && CLEAN_KINDS.includes(kind)) return kind;
  if (baselineState === 'absent') return baselineState;
  // Only a suppression that somebody has yet to accept, or has rejected, leaves the result standing (3.27.23).
  const accepted = suppressions?.every((each) => each && (each.status ?? 'accepted') === 'accepted');
  return suppressions?.length && accepted ? 'suppressed' : null;
}

/** An id that the sender wrote down is meant: nothing else is tried in its place. */
function targetsOf(named: string | undefined, file: NamedFile | null, orRow: string | undefined): Target[] {
  if (named) return [{ by: 'id', value: storableText(named) }];
  const names = file?.spellings.map(storableText) ?? [];
  return [
    ...names.map((value): Target => ({ by: 'id', value })),
    ...(orRow && !names.includes(orRow) ? [{ by: 'id', value: orRow } as const] : []),
    ...names.map((value): Target => ({ by: 'path', value })),
  ];
}

function whereOf({ run, nameFile, artifacts }: Reading, place: Place | undefined): Where {
  const { index, ...location } = place?.artifactLocation ?? {};
  const name = nameFile(location)?.name;
  const indexed = run.artifacts?.[index ?? -1];
  // An index that leads to another file loses against the name.
  const isOwn = name === undefined || nameFile(indexed?.location ?? {})?.name === name;
  const artifact = indexed && isOwn ? indexed : artifacts.get(name ?? '');
  const file = nameFile(location.uri === undefined ? (artifact?.location ?? {}) : location);
  const { region, contextRegion } = place ?? {};
  const around = [contextRegion, region].find((each) => each?.snippet?.text);
  const whole = artifact?.contents?.text;
  const snippet = around?.snippet?.text;
  const ending = /\.([a-z]{1,5})$/i.exec(file?.name ?? '')?.[1]?.toLowerCase() ?? '';
  const language = artifact?.sourceLanguage ?? region?.sourceLanguage ?? run.defaultSourceLanguage;
  return {
    file,
    language:
      language || (Object.hasOwn(LANGUAGE_BY_ENDING, ending) && LANGUAGE_BY_ENDING[ending]) || 'unknown',
    region: region && {
      charOffset: region.charOffset,
      charLength: region.charLength,
      startLine: region.startLine,
      startColumn: region.startColumn,
      endLine: region.endLine,
      endColumn: region.endColumn,
      ...unitsOf(run),
      snippet: exactly(region, around, unitsOf(run)) ?? (region.snippet?.text && plain(region.snippet.text)),
    },
    from: textOf(whole, snippet),
  };
}

/** Columns without a word on them are code points (3.14.27); of offsets the standard says only "characters". */
function unitsOf({ columnKind }: SarifRun): Pick<Region, 'columns' | 'offsets'> {
  if (columnKind === undefined) return { columns: 'codePoints', offsets: 'either' };
  const kinds = { utf16CodeUnits: 'utf16', unicodeCodePoints: 'codePoints' } as const;
  const unit = Object.hasOwn(kinds, columnKind) ? kinds[columnKind as keyof typeof kinds] : 'unknown';
  return { columns: unit, offsets: unit };
}

/** The whole file, if it fits into an interaction, else the snippet. */
function textOf(whole: string | undefined, snippet: string | undefined): Text | undefined {
  if (whole && (whole.length <= MAX_TEXT || !snippet))
    return { text: storableText(clip(whole, MAX_TEXT)), whole: true };
  return snippet ? { text: storableText(clip(plain(snippet), MAX_TEXT)), whole: false } : undefined;
}

/** gosec writes its snippets with line numbers: `12: code`. */
function plain(snippet: string): string {
  const lines = snippet.split('\n');
  const numbered = lines.every((line) => line === '' || /^\d{1,7}: /.test(line));
  return numbered ? lines.map((line) => line.replace(/^\d{1,7}: /, '')).join('\n') : snippet;
}

/** The row to make where no interaction is found, one for each text; answers its id. */
function rowFor(
  { adapted, context, run }: Reading,
  where: Where,
  from: Text,
  named: string | undefined,
  finding: Finding,
  notShown: NotShown | undefined,
): string {
  const name = storableText(where.file?.name ?? '');
  const id = shortId(storableText(named ?? (from.whole && name ? name : `${name}#${hashOf(from.text)}`)));
  const known = adapted.rows.get(id);
  const text = typeof known?.completion === 'string' ? known.completion : from.text;
  // The same reading as for an interaction that is here, so that sending a report again adds nothing.
  const placed = { ...finding, ...locator(text)(where.region) };
  if (Array.isArray(known?.findings)) {
    known.findings.push(placed);
    const all = [known.notShown as NotShown | undefined, notShown].flatMap(countsOf);
    known.notShown = counted(Object.entries(sumBy(all)));
    return id;
  }
  const ended = run.invocations?.find((each) => each?.endTimeUtc)?.endTimeUtc;
  adapted.rows.set(id, {
    id,
    occurredAt: instant(ended) ?? context.receivedAt.toISOString(),
    model: { name: 'unknown', version: 'unknown' },
    surface: 'other',
    language: storableText(where.language.slice(0, 60)),
    ...(name && name.length <= 1_000 && { path: name }),
    actor: { id: 'unknown' },
    prompt: '',
    completion: from.text,
    findings: [placed],
    ...(notShown && { notShown }),
    meta: stamp('sarif', MAPPING_VERSION),
  });
  return id;
}

type SarifRegion = Omit<Region, 'snippet' | 'columns' | 'offsets'> & {
  snippet?: { text?: string | undefined } | undefined;
};

/**
 * The words of the region itself, cut from a snippet that may hold whole lines (Semgrep) or lines around it (CodeQL,
 * gosec): they find the place in a text that is not the file that was scanned.
 */
function exactly(
  region: SarifRegion,
  around: SarifRegion | undefined,
  units: Pick<Region, 'columns'>,
): string | undefined {
  const snippet = around?.snippet?.text;
  // gosec's numbers tell where its snippet starts, which is before the region.
  const first = Number(/^(\d{1,7}): /.exec(snippet ?? '')?.[1] ?? around?.startLine ?? region.startLine);
  if (!snippet || Number.isNaN(first) || region.startLine === undefined) return undefined;
  const { startColumn, endColumn, endLine } = region;
  const text = plain(snippet);
  const up = first - 1;
  const span = locator(text)({
    startLine: region.startLine - up,
    startColumn,
    endLine: endLine === undefined ? undefined : endLine - up,
    endColumn,
    ...units,
  });
  return (span && text.slice(span.start, span.end).trim()) || undefined;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const shortId = (id: string): string =>
  id.length <= 300 ? id : `sarif:${createHash('sha256').update(id).digest('hex')}`;
