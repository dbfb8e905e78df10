import Link from 'next/link';
import { Question } from '#components/chart/question';
import { Visible } from '#components/diff/visible';
import type { OwnWork } from '#lib/quality/own-work';
import classes from './me.module.css';

/** Items with a known answer that one answered otherwise, each with the reason. */
export function CoachingQuestion({ answered, wrong }: { answered: number; wrong: OwnWork['wrong'] }) {
  const under = (policy: string | null) => (policy ? ` under ${policy}` : '');
  return (
    <Question
      title="What did I miss?"
      answer={
        answered === 0
          ? 'Now and then an item comes whose answer is known already. When you answer one otherwise, it is explained here, to you alone.'
          : wrong.length === 0
            ? `You answered ${answered} ${answered === 1 ? 'item' : 'items'} with a known answer, all as known.`
            : `Of ${answered} ${answered === 1 ? 'item' : 'items'} with a known answer you gave another verdict on these. They change nothing but this page.`
      }
    >
      {wrong.length > 0 && (
        <ul className={classes.list}>
          {wrong.map((item) => (
            <li key={item.id}>
              <Link href={`/interactions/${item.id}`} prefetch={false}>
                <Visible text={item.title} />
              </Link>
              <div>
                You said {item.said}
                {under(item.saidPolicy)}; known is {item.known}
                {under(item.knownPolicy)}.
              </div>
              {item.why && (
                <div className="quiet">
                  Why: <Visible text={item.why} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </Question>
  );
}
