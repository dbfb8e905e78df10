import type { Metadata } from 'next';
import { chartClasses as chart } from '#components/chart/chart-classes';
import { Denied } from '#components/denied';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { listOwnDecisions } from '#lib/quality/own-decisions';
import { getOwnWork, MOST_IN_A_ROW } from '#lib/quality/own-work';
import { ownDecisionsSchema } from '#lib/quality/schema';
import { CoachingQuestion } from './coaching-question.tsx';
import { DecisionsQuestion } from './decisions-question.tsx';
import { DriftQuestion, TimeQuestion } from './time-questions.tsx';
import { WaitingQuestion } from './waiting-question.tsx';

export const metadata: Metadata = { title: 'My work' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** One's own decisions, pace, drift and open ends; there is no page that shows them to anybody else. */
export default async function OwnWorkPage({ searchParams }: Props) {
  const actor = await requireActor();
  if (!can(actor, 'review.decide')) return <Denied permission="review.decide" />;
  const search = ownDecisionsSchema.parse(await searchParams);
  const [own, decisions] = await Promise.all([getOwnWork(actor), listOwnDecisions(actor, search)]);
  const { today, inARow, breakAfter } = own;
  return (
    <>
      <PageHeader
        title="My work"
        facts={`${today} ${today === 1 ? 'item' : 'items'} today · ${inARow < MOST_IN_A_ROW ? inARow : `at least ${MOST_IN_A_ROW}`} in a row without a pause`}
      />
      <p style={{ maxWidth: '75ch', marginTop: 0 }}>
        Only you see this page: no page shows these figures to anybody else, leads and admins included, and
        nothing ranks people by them. The history keeps each decision and the time it took, as it keeps
        everything, but nobody’s are added up.
        {inARow >= breakAfter && ' You have been at it for a while: a few minutes away will do you good.'}
      </p>
      <DecisionsQuestion {...decisions} q={search.q} older={search.cursor !== undefined} />
      <div className={chart.page}>
        <TimeQuestion days={own.days} />
        <DriftQuestion drift={own.drift} />
        <CoachingQuestion answered={own.goldenAnswered} wrong={own.wrong} />
        <WaitingQuestion held={own.held} skipped={own.skipped} />
      </div>
    </>
  );
}
