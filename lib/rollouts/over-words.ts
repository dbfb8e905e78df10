import type { SinceLive } from './since-live.ts';

/** The answer to "is it over?": what came in the last five minutes decides, and silence is told apart from success. */
export function overWords(
  figures: Pick<
    SinceLive,
    'rules' | 'served' | 'blocked' | 'acted' | 'servedPerMinute' | 'blockedPerMinute' | 'silent'
  > & {
    minutes: readonly Pick<SinceLive['minutes'][number], 'acted'>[];
  },
): { tone: 'bad' | 'good' | 'wait' | 'quiet'; words: string } {
  const { rules, served, blocked, acted, servedPerMinute, blockedPerMinute, silent, minutes } = figures;
  const passed = Math.round(servedPerMinute * 5);
  if (passed > 0) {
    const many = passed === 1 ? '1 was' : `${passed.toLocaleString('en')} were`;
    return { tone: 'bad', words: `Not yet. ${many} served in the last five minutes.` };
  }
  const lately = minutes.slice(-5).reduce((sum, minute) => sum + minute.acted, 0);
  const stopped = Math.max(Math.round(blockedPerMinute * 5), lately);
  if (stopped > 0) {
    const words = `None were served in the last five minutes; ${stopped.toLocaleString('en')} were acted on.`;
    if (silent === 0) return { tone: 'good', words: `It holds. ${words}` };
    const who = silent === 1 ? '1 silent instance' : `${silent.toLocaleString('en')} silent instances`;
    return { tone: 'wait', words: `It holds where it is known. ${words} ${who} may still serve it.` };
  }
  if (served + blocked + acted === 0) {
    return {
      tone: 'quiet',
      words: `Nothing like it has reached ${rules.at(0) ?? 'the rule'} since it began to act.`,
    };
  }
  return { tone: 'quiet', words: 'Quiet. Nothing like it came in the last five minutes.' };
}
