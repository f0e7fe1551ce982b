import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';

/** What every section of the page needs. */
export interface SectionProps {
  readonly api: ApiClient;
  readonly me: OperationAnswer<'me'>;
}
