import { readPackageList } from '#lib/package-lists/read';

/** What a list says, as short as tables need it: `name`, `name versions`, `ecosystem:name versions`. */
export const said = (text: string): string[] =>
  readPackageList(text).rows.map(
    ({ name, ecosystem, versions }) =>
      `${ecosystem ? `${ecosystem}:` : ''}${name}${versions ? ` ${versions.join(' | ')}` : ''}`,
  );

/** Why each line that was not understood was not. */
export const refused = (text: string): string[] => readPackageList(text).notUnderstood.map(({ why }) => why);
