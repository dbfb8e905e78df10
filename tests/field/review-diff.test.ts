import { changeOf, sizeOf } from '../../components/diff/change.ts';
import { asChange } from '../../components/diff/shown-source.ts';
import { reviewCase } from './cases.ts';

reviewCase('15', 'mixed line ends in a diff', async ({ text, row }) => {
  for (const line of text('interactions.ndjson').trim().split('\n')) {
    const { id, before, completion, findings } = JSON.parse(line);
    const given = findings.map((finding: object) => ({
      rule: null,
      cwe: null,
      start: null,
      end: null,
      ...finding,
    }));
    const shown = asChange({ before, completion, findings: given });
    const size = shown.before === null ? null : sizeOf(changeOf(shown.before, shown.completion, 'csharp'));
    const isText = id === 'field-15-only-ends';
    await row(
      `${id} lines`,
      isText ? 'none' : '1 added, 2 gone, 1 place',
      size ? `${size.added} added, ${size.removed} gone, ${size.places} place` : 'none',
    );
    await row(`${id} carriage returns`, 'no', shown.completion.includes('⟦CR⟧') ? 'yes' : 'no');
    await row(
      `${id} note`,
      {
        'field-15-mixed': 'line ends differ: CRLF before, mixed (24 CRLF, 1 LF) after',
        'field-15-crlf': 'line ends are CRLF',
        'field-15-lf': 'line ends differ: CRLF before, LF after',
        'field-15-only-ends':
          'No line of the code changes, only how lines end, line ends differ: CRLF before, LF after',
        'field-15-no-final-newline': 'line ends are CRLF, the newline at the end is missing after',
      }[id as string] ?? '',
      shown.notes.join(', '),
    );
    if (isText) continue;
    const lines = shown.completion.split('\n');
    const words = shown.marks.map(({ span }) => lines[span.line - 1]?.slice(span.from, span.to)).join('\n');
    await row(`${id} mark`, completion.slice(findings[0].start, findings[0].end), words);
  }
});
