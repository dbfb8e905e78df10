import { Visible } from '#components/diff/visible';
import { oddCharacters } from '#lib/mitigations/look-alike';

/** A name of a scope as traffic spells it, with what tells it from another that looks the same. */
export function ScopeName({ name }: { name: string }) {
  const odd = oddCharacters(name);
  return (
    <>
      <Visible text={name} />
      {odd && ` (${odd})`}
    </>
  );
}
