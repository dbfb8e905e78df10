import type { Span, Subject, SubjectMatcher } from '../match.ts';
import { OutOfWork } from '../work.ts';
import { listedIn, PackageIndex, type PackageMatcher } from './listed.ts';
import { MentionedNames } from './mentioned.ts';

/** How one list of packages is looked for. */
export interface PackageFinder {
  find: SubjectMatcher;
  /** Where code imports one, a command installs it, or a manifest lists it. */
  imported: SubjectMatcher;
  /** Whether more than the statement counts: a version may stand behind it. */
  hasVersions: boolean;
  /** Names as tokens; null where the list asks for imports alone. */
  mentioned: MentionedNames | null;
}

type Spans = Map<string, Span>;

/** Readers and names may find the same words. */
const put = (spans: Spans, { start, end }: Span) => spans.set(`${start}-${end}`, { start, end });

const inOrder = (spans: Spans, limit: number) =>
  [...spans.values()].sort((a, b) => a.start - b.start || a.end - b.end).slice(0, limit);

/** Lint, compiling and vectors ask for the same list one after the other, and it may have a hundred thousand names. */
const made = new WeakMap<PackageMatcher, PackageFinder>();

export function packageFinder(matcher: PackageMatcher): PackageFinder {
  const before = made.get(matcher);
  if (before) return before;
  const finder = makeFinder(matcher);
  made.set(matcher, finder);
  return finder;
}

/** What is imported counts as mentioned: code may write another name than the one that is installed. */
function makeFinder(matcher: PackageMatcher): PackageFinder {
  const listed = listedIn(matcher);
  const index = new PackageIndex(listed);
  const mentioned = matcher.find === 'mentioned' ? new MentionedNames(listed) : null;
  const addImported = (subject: Subject, spans: Spans) => {
    for (const mention of subject.packages) index.find(mention, subject.text, () => put(spans, mention));
  };
  return {
    mentioned,
    hasVersions: listed.some((each) => each.hasVersions),
    imported: (subject, limit = Number.POSITIVE_INFINITY) => {
      const spans: Spans = new Map();
      addImported(subject, spans);
      return inOrder(spans, limit);
    },
    find: (subject, limit = Number.POSITIVE_INFINITY) => {
      const spans: Spans = new Map();
      mentioned?.scan(subject.words, 0, true, (_, span) => put(spans, span));
      try {
        addImported(subject, spans);
      } catch (error) {
        // That there is one is known; where all of them are is not.
        if (!(error instanceof OutOfWork) || limit > spans.size) throw error;
      }
      return inOrder(spans, limit);
    },
  };
}
