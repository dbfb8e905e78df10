import { AppError } from '#lib/errors';

/** A body of known length up to this many bytes is a small post and has room of its own. */
export const SMALL_BODY_BYTES = 32 * 1024;

type Room = { bytes: number; calls: number };
type IntakeLimits = {
  /** For small posts only: a flood of batches leaves it free. */
  small: Room;
  /** For all else; bytes count as they arrive and as they are unpacked. */
  large: Room;
  /** Large calls that are parsed and stored at one time; the others wait as bytes, not as objects. */
  turns: number;
};

/**
 * With bodies of 8 MiB and their parsed rows several times that, three turns and 32 MiB waiting keep a web process
 * under 600 MB: `npm run bench -- ingest --rows 1000000`.
 */
const LIMITS: IntakeLimits = {
  small: { bytes: 8 * 1024 * 1024, calls: 1_000 },
  large: { bytes: 32 * 1024 * 1024, calls: 64 },
  turns: 3,
};

/** A call's place among those that are being taken in. */
export type Admission = {
  /** Takes room for bytes that have arrived. Throws `rate_limited` when there is none. */
  grow(bytes: number): void;
  /** Resolves when the body may be parsed and stored. */
  turn(): Promise<void>;
};

type Intake = <T>(request: Request, work: (admission: Admission) => Promise<T>) => Promise<T>;

/**
 * Bounds what one process holds of calls that are not yet answered. Over the bound a call is refused with
 * `rate_limited` before its body is kept; what was admitted is finished.
 */
export function createIntake(limits: IntakeLimits): Intake {
  const used = { small: { bytes: 0, calls: 0 }, large: { bytes: 0, calls: 0 } };
  const waiting: (() => void)[] = [];
  let turns = 0;

  return async (request, work) => {
    const lane = isSmall(request) ? 'small' : 'large';
    const [now, room] = [used[lane], limits[lane]];
    if (now.calls >= room.calls) throw tooMuch(`${room.calls} calls are being taken in already`);
    now.calls += 1;
    let held = 0;
    let hasTurn = false;
    try {
      return await work({
        grow: (bytes) => {
          if (now.bytes + bytes > room.bytes) throw tooMuch(`${room.bytes} bytes are being taken in already`);
          now.bytes += bytes;
          held += bytes;
        },
        turn: async () => {
          if (lane === 'small' || hasTurn) return;
          if (turns < limits.turns) turns += 1;
          // Whoever gives a turn back hands it on, so the count stays.
          else await new Promise<void>((resolve) => waiting.push(resolve));
          hasTurn = true;
        },
      });
    } finally {
      now.calls -= 1;
      now.bytes -= held;
      if (hasTurn) {
        const next = waiting.shift();
        if (next) next();
        else turns -= 1;
      }
    }
  };
}

const shared = globalThis as { stopgapIntake?: Intake };
shared.stopgapIntake ??= createIntake(LIMITS);

/** The bound of this process, shared by every call that takes interactions, findings or outcomes in. */
export const takeIn: Intake = shared.stopgapIntake;

/** Whether a call goes by the lane of small posts. */
export function isSmall(request: Request): boolean {
  // A small gzip body may unpack to a large one, and a body without a length may be of any.
  if (request.headers.has('content-encoding')) return false;
  const length = request.headers.get('content-length');
  return length !== null && Number(length) <= SMALL_BODY_BYTES;
}

function tooMuch(why: string): AppError {
  return new AppError('rate_limited', `${why}. Nothing of this call was stored; send it again in a second.`, {
    retryAfterSeconds: 1,
  });
}
