import type { Decision } from '../decision.ts';
import type { Context, Enforcer } from './exchange.ts';
import { GuardedText } from './guarded-text.ts';
import type { Holder } from './text-places.ts';

/** One text on its way through a guard. */
export class Lane {
  readonly unit: string;
  readonly #guarded: GuardedText;
  #out = '';
  #in = '';
  #served = '';
  /** Whether nothing was changed so far of what went out. */
  isAsCame = true;
  /** An event that has said a piece of it: what is still to be said goes out in the same form. */
  form: Holder = {};

  constructor(guard: Enforcer, context: Context, unit: string) {
    this.unit = unit;
    this.#guarded = new GuardedText(guard, context, (text) => {
      this.isAsCame &&= this.#in.startsWith(text, this.#served.length);
      this.#out += text;
      this.#served += text;
    });
  }

  get written(): string {
    return this.#in;
  }

  get served(): string {
    return this.#served;
  }

  async write(text: string): Promise<Decision | undefined> {
    this.#in += text;
    return this.#guarded.write(text);
  }

  /** What may be shown and was not taken yet. */
  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  end(): Promise<Decision> {
    return this.#guarded.end();
  }

  cancel(reason: unknown): void {
    this.#guarded.cancel(reason);
  }
}
