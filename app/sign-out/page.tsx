'use client';

import { signOut } from 'next-auth/react';
import { useEffect } from 'react';

export default function SignOutPage() {
  useEffect(() => {
    void signOut({ callbackUrl: '/sign-in' });
  }, []);
  return <main style={{ padding: 24 }}>Signing out…</main>;
}
