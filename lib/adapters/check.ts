import type { ReportedFinding } from '#lib/findings/schema';
import { findingSchema } from '#lib/interactions/schema';
import { findTextFault } from '#lib/interactions/text-faults';
import { fieldErrors } from '#lib/parse';
import { storable } from '#lib/storable';

/** Why a finding that an adapter made cannot be kept, if it cannot: the contract holds for every way in. */
export function faultOf({ finding, targets }: ReportedFinding): string | null {
  const parsed = findingSchema.safeParse(finding);
  if (!parsed.success) {
    const [field, problem] = Object.entries(fieldErrors(parsed.error))[0] ?? ['finding', 'is not valid'];
    return `${field}: ${problem}`;
  }
  const fault = findTextFault(finding);
  if (fault) return `${fault.path} has ${fault.what} at offset ${fault.offset}, which cannot be stored`;
  return targets.every(({ value }) => storable(value))
    ? null
    : 'The name of the interaction has a character that cannot be stored.';
}
