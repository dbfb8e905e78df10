import { errorFields, log } from '#lib/log';

/** Says at the start when the database was restored from an older copy. One that is away is no reason not to start. */
export async function tellRewind(): Promise<void> {
  const { noticeRewind } = await import('#lib/rulesets/mutations');
  await noticeRewind().catch((error: unknown) => {
    log('warn', 'whether the database was restored is not known yet', { error: errorFields(error).error });
  });
}
