import { EmptyState } from '#components/empty-state';
import { PERMISSIONS, type Permission } from '#lib/permissions';

/** What somebody sees of a page that is not theirs: whose it is, instead of a broken one. */
export function Denied({ permission }: { permission: Permission }) {
  return (
    <EmptyState title={`This needs the role ${PERMISSIONS[permission].roles.join(' or ')}`}>
      An admin can give you that role under People.
    </EmptyState>
  );
}
