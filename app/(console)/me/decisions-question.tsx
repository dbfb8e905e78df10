import Link from 'next/link';
import { Question } from '#components/chart/question';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { SearchBox } from '#components/search-box';
import { StateBadge } from '#components/state-badge';
import type { OwnDecision } from '#lib/quality/own-decisions';
import { REOPEN_OWN_HOURS } from '#lib/reviews/schema';
import classes from './me.module.css';

type Props = { items: OwnDecision[]; nextCursor: string | null; q: string; older: boolean };

/** What one decided, newest first, each with what became of it and the way to reopen it. */
export function DecisionsQuestion({ items, nextCursor, q, older }: Props) {
  const to = (cursor?: string) => {
    const query = new URLSearchParams({ ...(q && { q }), ...(cursor && { cursor }) });
    return query.size > 0 ? `/me?${query}` : '/me';
  };
  return (
    <div className={classes.wide}>
      <Question
        title="What did I decide?"
        answer={`Open one and press r to reopen it: for ${REOPEN_OWN_HOURS} hours what you decided alone, after that a lead can.`}
      >
        <SearchBox
          action="/me"
          q={q}
          label="Search my decisions"
          help="Parts of an id, C-12, a verdict, a policy or your note"
        />
        {items.length === 0 && (
          <p className="quiet">{q ? 'None of your decisions matches.' : 'You have decided nothing yet.'}</p>
        )}
        <ul className={classes.list}>
          {items.map((item) => (
            <li key={`${item.id} ${item.at.toISOString()}`}>
              <StateBadge state={item.verdict} />{' '}
              <Link href={`/interactions/${item.id}`} prefetch={false}>
                <Visible text={item.title} />
              </Link>
              <div className="quiet">
                <RelativeTime at={item.at} />
                {item.policy && ` · ${item.policy}`}
                {item.note && (
                  <>
                    {' · “'}
                    <Visible text={item.note} />
                    {'”'}
                  </>
                )}{' '}
                · {became(item)}
                {item.batchId && (
                  <>
                    {' · '}
                    <Link href={`/bulk/${item.batchId}`} prefetch={false}>
                      decided with others
                    </Link>
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
        <nav className={classes.pages} aria-label="Pages of my decisions">
          {older && <Link href={to()}>Newest</Link>}
          {nextCursor && <Link href={to(nextCursor)}>Older</Link>}
        </nav>
      </Question>
    </div>
  );
}

function became({ waits, final, verdict }: OwnDecision): string {
  if (waits === 'reader') return 'waits for a second reader';
  if (waits === 'lead') return 'waits for a lead';
  if (waits === 'gone') return 'left the queue, its text was erased';
  return final === verdict ? 'your verdict stands' : `decided ${final}`;
}
