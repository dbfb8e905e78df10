import type { Metadata } from 'next';
import { SetupForm } from './setup-form.tsx';

export const metadata: Metadata = { title: 'First admin' };

export default async function SetupPage({ searchParams }: { searchParams: Promise<{ token?: string }> }) {
  const { token } = await searchParams;
  return (
    <>
      <h1>Make the first admin</h1>
      <SetupForm token={token ?? ''} />
    </>
  );
}
