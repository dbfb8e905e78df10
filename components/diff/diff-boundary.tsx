'use client';

import { Component, type ReactNode } from 'react';

/** Shows the fallback when the diff library throws, so that no text whatever can take the page down. */
export class DiffBoundary extends Component<
  { fallback: ReactNode; children: ReactNode },
  { failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
