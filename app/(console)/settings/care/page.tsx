import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { getPreference } from '#lib/preferences/queries';
import { getReviewSettings } from '#lib/settings/queries';
import { CareForm } from './care-form.tsx';

export const metadata: Metadata = { title: 'Care' };

export default async function CarePage() {
  const actor = await requireActor();
  const [{ optOuts, breakAfter }, settings] = await Promise.all([
    getPreference(actor),
    getReviewSettings(actor),
  ]);
  return (
    <>
      <PageHeader title="Care" facts="only you see this page" />
      <CareForm
        optOuts={optOuts}
        breakAfter={breakAfter}
        usual={settings.breakAfter}
        minutes={settings.breakMinutes}
      />
    </>
  );
}
