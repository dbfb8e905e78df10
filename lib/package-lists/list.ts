import type { Ecosystem } from '#sdk/packages/ecosystems';

/** What one entry of a published list says of a package. */
export type PackageRow = {
  name: string;
  /** Null where the list does not say. */
  ecosystem: Ecosystem | null;
  /** Versions and ranges as written, any of which is meant; null for every version. */
  versions: string[] | null;
  /** The column, the field or the kind of line it was read from. */
  field: string;
  /** From 1. */
  line: number;
};

type NotUnderstood = { line: number; text: string; why: string };

export type PackageList = {
  /** What the list was recognised as, in words. */
  form: string;
  rows: PackageRow[];
  notUnderstood: NotUnderstood[];
};

/** What one entry says, wherever it stands; or why it says nothing. */
export type Said = Pick<PackageRow, 'name' | 'ecosystem' | 'versions'>;
export type Refused = { why: string };
export type Read = Said | Refused;

export const isRefused = (read: Read): read is Refused => 'why' in read;

const SHOWN = 120;

/** Collects what a reader finds; what is not understood is kept with its reason, cut to 120 characters. */
export class Rows {
  readonly rows: PackageRow[] = [];
  readonly notUnderstood: NotUnderstood[] = [];

  add(read: Read, field: string, line: number, text: string) {
    if (isRefused(read)) this.refuse(line, text, read.why);
    else this.rows.push({ ...read, field, line });
  }

  refuse(line: number, text: string, why: string) {
    const flat = text.trim().replace(/\s+/g, ' ');
    const cut = flat.length > SHOWN ? `${flat.slice(0, SHOWN - 1).toWellFormed()}…` : flat;
    this.notUnderstood.push({ line, text: cut, why });
  }

  as(form: string): PackageList {
    return { form, rows: this.rows, notUnderstood: this.notUnderstood };
  }
}
