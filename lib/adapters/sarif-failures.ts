import { clip, storableText } from './adapted.ts';
import type { SarifLog, SarifRun } from './sarif-schema.ts';

const SHOWN = 50;

/** What a log says of scans that did not do all of their work, in a sentence each: what they missed is not clean. */
export function failuresOf({ runs, inlineExternalProperties }: SarifLog): string[] {
  const failures = runs.flatMap((run, index) => {
    const name = run?.tool?.driver?.name;
    const which = `Run ${index + 1}${name ? ` (${clip(name, 100)})` : ''}`;
    return run ? troublesOf(run).map((trouble) => `${which}: ${trouble}`) : [`${which} is not an object.`];
  });
  if (inlineExternalProperties)
    failures.push('The log has inlineExternalProperties, and their results are not read.');
  const more = failures.length - SHOWN;
  return [...failures.slice(0, SHOWN), ...(more > 0 ? [`And ${more} more.`] : [])].map(storableText);
}

function troublesOf({ results, invocations, externalPropertyFileReferences: elsewhere }: SarifRun): string[] {
  const calls = (invocations ?? []).filter((each) => each !== undefined);
  const failed = calls.filter(
    (each) => each.executionSuccessful === false || each.processStartFailureMessage || each.exitSignalName,
  );
  const errors = calls
    .flatMap((each) => [
      ...(each.toolExecutionNotifications ?? []),
      ...(each.toolConfigurationNotifications ?? []),
    ])
    .filter((each) => each?.level === 'error');
  const why = failed.find((each) => each.processStartFailureMessage)?.processStartFailureMessage;
  return [
    ...(results === null ? ['its results are null, so the scan failed.'] : []),
    ...(failed.length > 0 ? [`the scan says that it failed${why ? `: ${clip(why, 300)}` : ''}.`] : []),
    ...errors.map(
      (each) =>
        `the scan reports an error: ${clip(each?.message?.text ?? each?.message?.markdown ?? 'without words', 300)}`,
    ),
    ...(elsewhere?.results ? ['its results are in other files, which are not read. Send those.'] : []),
  ];
}
