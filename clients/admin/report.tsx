/** Before and after of a proposal. */
import type { OperationAnswer } from '../../src/protocol/api.ts';

/** The report that a calibration was proposed with. */
export function Report({ report }: Pick<OperationAnswer<'calibrations'>['calibrations'][number], 'report'>) {
  return <pre class="scroll number">{JSON.stringify(report, null, 2)}</pre>;
}
