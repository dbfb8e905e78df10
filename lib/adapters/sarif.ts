import { createHash } from 'node:crypto';
import { AppError } from '#lib/errors';
import type { Finding, Target } from '#lib/findings/schema';
import { locator, type Region } from '#lib/findings/span';
import { parse } from '#lib/parse';
import { type Adapted, type AdaptedItem, type AdapterContext, stamp } from './adapted.ts';
import { findingOf } from './sarif-finding.ts';
import { CLEAN_KINDS, LANGUAGE_BY_ENDING, MAPPING_VERSION } from './sarif-mapping.ts';
import { type SarifResult, type SarifRun, sarifLogSchema } from './sarif-schema.ts';

/** Most results in one document; one more is told apart from a body that is too large. */
export const MAX_RESULTS = 1_000;

/**
 * A SARIF 2.1.0 log. Each result becomes a finding for the interaction that it names: by `properties.interactionId` of
 * the result, else of its run; without those by the file's URI as the caller's id, then as the path. Where none is
 * here, one is made from the text in the log: the artifact's contents, else the snippet. Throws `invalid` for what is no
 * SARIF 2.1.0, `too_large` over `most` results.
 */
export function fromSarif(input: unknown, context: AdapterContext, most = MAX_RESULTS): Adapted {
  const log = parse(sarifLogSchema, input);
  const count = log.runs.reduce((sum, run) => sum + (run.results?.length ?? 0), 0);
  if (count > most) {
    throw new AppError(
      'too_large',
      `One SARIF log may have ${most} results, this has ${count}; send it in parts.`,
    );
  }
  const adapted: Adapted = { mapping: MAPPING_VERSION, items: [], rows: new Map() };
  for (const run of log.runs) {
    for (const result of run.results ?? []) {
      const index = adapted.items.length;
      adapted.items.push(
        result
          ? itemOf(adapted, context, run, result, index)
          : { index, id: null, kind: 'refused', why: 'The result is not an object.' },
      );
    }
  }
  return adapted;
}

type Where = {
  uri: string | undefined;
  region: Region | undefined;
  from: Text | undefined;
  language: string;
};
/** A text to make an interaction from: a whole file, or a piece of one. */
type Text = { text: string; whole: boolean };

function itemOf(
  adapted: Adapted,
  context: AdapterContext,
  run: SarifRun,
  result: SarifResult,
  index: number,
): AdaptedItem {
  const where = whereOf(run, result);
  const named = result.properties?.interactionId ?? run.properties?.interactionId;
  const id = named || where.uri || null;
  if (CLEAN_KINDS.includes(result.kind ?? 'fail')) return { index, id, kind: 'clean' };
  // Only a suppression that somebody has yet to accept, or has rejected, leaves the result standing (3.27.23).
  const suppressed =
    result.suppressions?.length &&
    result.suppressions.every((each) => (each?.status ?? 'accepted') === 'accepted');
  if (suppressed) return { index, id, kind: 'clean' };
  if (id === null)
    return { index, id, kind: 'refused', why: 'The result names neither a file nor an interaction.' };

  const finding = findingOf(run, result);
  const orRow = where.from && rowFor(adapted, context, run, where, where.from, named, finding);
  return {
    index,
    id,
    kind: 'finding',
    reported: { targets: targetsOf(named, where.uri, orRow), finding, region: where.region },
    orRow,
  };
}

/** An id that the sender wrote down is meant: nothing else is tried in its place. */
function targetsOf(named: string | undefined, uri: string | undefined, orRow: string | undefined): Target[] {
  if (named) return [{ by: 'id', value: named }];
  const spelled = [
    ...new Set([uri ?? '', decoded(uri ?? ''), decoded(uri ?? '').replace(/^(file:\/\/|\.\/)/, '')]),
  ];
  const uris = spelled.filter(Boolean);
  return [
    ...uris.map((value): Target => ({ by: 'id', value })),
    ...(orRow && !uris.includes(orRow) ? [{ by: 'id', value: orRow } as const] : []),
    ...uris.map((value): Target => ({ by: 'path', value })),
  ];
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

function whereOf(run: SarifRun, result: SarifResult): Where {
  const physical = result.locations?.[0]?.physicalLocation;
  const { uri: written, index } = physical?.artifactLocation ?? {};
  const artifact =
    run.artifacts?.[index ?? -1] ?? run.artifacts?.find((each) => written && each?.location?.uri === written);
  const uri = written ?? artifact?.location?.uri;
  const { region, contextRegion } = physical ?? {};
  const around = [contextRegion, region].find((each) => each?.snippet?.text);
  const whole = artifact?.contents?.text;
  const snippet = around?.snippet?.text;
  const ending = /\.([a-z]{1,5})$/i.exec(uri ?? '')?.[1]?.toLowerCase() ?? '';
  const language = artifact?.sourceLanguage ?? region?.sourceLanguage ?? run.defaultSourceLanguage;
  return {
    uri,
    language:
      language || (Object.hasOwn(LANGUAGE_BY_ENDING, ending) && LANGUAGE_BY_ENDING[ending]) || 'unknown',
    region: region && {
      charOffset: region.charOffset,
      charLength: region.charLength,
      startLine: region.startLine,
      startColumn: region.startColumn,
      endLine: region.endLine,
      endColumn: region.endColumn,
      // Absent means code points (3.14.27).
      codePoints: run.columnKind !== 'utf16CodeUnits',
      snippet: exactly(region, around) ?? (region.snippet?.text && plain(region.snippet.text)),
    },
    from: whole ? { text: whole, whole: true } : snippet ? { text: plain(snippet), whole: false } : undefined,
  };
}

/** gosec writes its snippets with line numbers: `12: code`. */
function plain(snippet: string): string {
  const lines = snippet.split('\n');
  const numbered = lines.every((line) => line === '' || /^\d{1,7}: /.test(line));
  return numbered ? lines.map((line) => line.replace(/^\d{1,7}: /, '')).join('\n') : snippet;
}

/** The row to make where no interaction is found, one for each text; answers its id. */
function rowFor(
  adapted: Adapted,
  context: AdapterContext,
  run: SarifRun,
  where: Where,
  from: Text,
  named: string | undefined,
  finding: Finding,
): string {
  const uri = where.uri ?? '';
  const id = shortId(named ?? (from.whole && uri ? uri : `${uri}#${hashOf(from.text)}`));
  const known = adapted.rows.get(id);
  const text = typeof known?.completion === 'string' ? known.completion : from.text;
  const locate = locator(text);
  // The same reading as for an interaction that is here, so that sending a report again adds nothing.
  const placed = { ...finding, ...locate(where.region) };
  if (Array.isArray(known?.findings)) {
    known.findings.push(placed);
    return id;
  }
  const ended = run.invocations?.find((each) => each?.endTimeUtc)?.endTimeUtc;
  const at = new Date(ended ?? context.receivedAt);
  adapted.rows.set(id, {
    id,
    occurredAt: (Number.isNaN(at.getTime()) ? context.receivedAt : at).toISOString(),
    model: { name: 'unknown', version: 'unknown' },
    surface: 'other',
    language: where.language.slice(0, 60),
    ...(uri && uri.length <= 1_000 && { path: decoded(uri) }),
    actor: { id: 'unknown' },
    prompt: '',
    completion: from.text,
    findings: [placed],
    meta: stamp('sarif', MAPPING_VERSION),
  });
  return id;
}

type SarifRegion = Omit<Region, 'snippet' | 'codePoints'> & {
  snippet?: { text?: string | undefined } | undefined;
};

/**
 * The words of the region itself, cut from a snippet that may hold whole lines (Semgrep) or lines around it (CodeQL,
 * gosec): they find the place in a text that is not the file that was scanned.
 */
function exactly(region: SarifRegion, around: SarifRegion | undefined): string | undefined {
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
  });
  return (span && text.slice(span.start, span.end).trim()) || undefined;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const shortId = (id: string): string =>
  id.length <= 300 ? id : `sarif:${createHash('sha256').update(id).digest('hex')}`;
