/** Which providers work, who really runs a network there, and how fast. */
import { PROVIDER_REMEDIES, tryProvider } from '../../../models/provider.ts';
import { asUndertoneError } from '../../errors.ts';
import type { Settings } from '../../config.ts';
import { fault, type Finding, ok, unused, warning } from './finding.ts';

/** As ONNX Runtime names them. */
const EXECUTION = {
  cpu: 'CPUExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
  cuda: 'CUDAExecutionProvider',
} as const;

/** Whether encoders that were imported with float16 compute in it (docs/encoders.md). */
const FLOAT16 = {
  none: 'no float16',
  rough: 'sums float16 in float16, so that encoders stay with float32',
  fine: 'encoders may compute in float16',
} as const;

/** Run a small network on each provider, one after another. */
export async function checkProviders(
  settings: Pick<Settings, 'UNDERTONE_PROVIDERS' | 'UNDERTONE_PROVIDERS_REQUIRED'>,
): Promise<readonly Finding[]> {
  const { UNDERTONE_PROVIDERS: wanted, UNDERTONE_PROVIDERS_REQUIRED: required } = settings;
  const findings: Finding[] = [];
  for (const provider of ['cpu', 'webgpu', 'cuda'] as const) {
    const name = `provider ${provider}`;
    const notWorking = (found: string): Finding => {
      const must =
        provider === 'cpu' || (required && wanted[0] === provider) || (wanted.length === 1 && wanted[0] === provider);
      if (must) return fault(name, found, PROVIDER_REMEDIES[provider]);
      if (wanted.includes(provider))
        return warning(name, `${found}; the server falls back`, PROVIDER_REMEDIES[provider]);
      return unused(name, `${found}; not asked for`);
    };
    try {
      const { nodes, ms, cpuMs, half } = await tryProvider(provider);
      const own = nodes[EXECUTION[provider]] ?? 0;
      const all = Object.values(nodes).reduce((sum, count) => sum + count, 0);
      const by = Object.entries(nodes).map(([who, count]) => `${count} by ${who}`);
      if (own === 0) findings.push(notWorking(`opened, but ran none of the nodes (${by.join(', ')})`));
      else
        findings.push(
          ok(
            name,
            `ran ${own === all ? 'all nodes' : by.join(', ')}, ${provider === 'cpu' ? 'on one thread' : `${(cpuMs / ms).toFixed(2)} x the speed of one thread of the CPU; ${FLOAT16[half]}`}`,
          ),
        );
    } catch (thrown) {
      findings.push(notWorking(`does not work here (${shortened(asUndertoneError(thrown).message)})`));
    }
  }
  return findings;
}

/** ONNX Runtime says where in its source a check failed before it says what it found. */
function shortened(message: string): string {
  return message.replace(/\/onnxruntime_src\/.* was false\. ?/, '');
}
