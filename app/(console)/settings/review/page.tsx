import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { getReviewSettings } from '#lib/settings/queries';
import { settingsLimits } from './limits.ts';
import { ReviewForm } from './review-form.tsx';

export const metadata: Metadata = { title: 'Review settings' };

export default async function ReviewSettingsPage() {
  const actor = await requireActor();
  const settings = await getReviewSettings(actor);
  const mayChange = can(actor, 'settings.write');
  return (
    <>
      <PageHeader
        title="How review works here"
        facts={mayChange ? 'every change is recorded' : 'leads and admins may change it'}
      />
      <ReviewForm settings={settings} limits={settingsLimits()} mayChange={mayChange} />
    </>
  );
}
