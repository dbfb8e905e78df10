import Link from 'next/link';

export default function NotFound() {
  return (
    <main style={{ maxWidth: 520, margin: '15vh auto', padding: 16 }}>
      <h1>Nothing here</h1>
      <p>The address is wrong, or what it named does not exist. Nothing was changed.</p>
      <p>
        <Link href="/">Back to Stopgap</Link>
      </p>
    </main>
  );
}
