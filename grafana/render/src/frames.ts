// Frames: Prometheus' answers in the form of Grafana's data, as its data source makes them.
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type DataFrame,
  FieldConfigOptionsRegistry,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  toDataFrame,
  transformDataFrame,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import { theme } from './theme';

standardTransformersRegistry.setInit(() => {
  const each = new Map(Object.values(standardTransformers).map((one: any) => [one.id, one]));
  return [...each.values()].map((one: any) => ({
    id: one.id,
    name: one.name,
    transformation: one,
    editor: (() => null) as any,
    description: '',
    aliasIds: [],
  })) as any;
});

const STANDARD: [string, any][] = [
  ['unit', unitOverrideProcessor],
  ['min', numberOverrideProcessor],
  ['max', numberOverrideProcessor],
  ['decimals', numberOverrideProcessor],
  ['displayName', displayNameOverrideProcessor],
  ['noValue', identityOverrideProcessor],
  ['color', identityOverrideProcessor],
  ['thresholds', thresholdsOverrideProcessor],
  ['mappings', valueMappingsOverrideProcessor],
  ['links', dataLinksOverrideProcessor],
  ['filterable', identityOverrideProcessor],
];

const CUSTOM = (
  'cellOptions width minWidth align hidden inspect filterable drawStyle lineWidth fillOpacity stacking ' +
  'lineInterpolation showPoints spanNulls axisPlacement axisLabel axisSoftMin axisSoftMax hideFrom ' +
  'gradientMode pointSize scaleDistribution thresholdsStyle lineStyle barAlignment'
).split(' ');

const item = (id: string, process: any, isCustom: boolean) => ({
  id: isCustom ? `custom.${id}` : id,
  path: id,
  isCustom,
  name: id,
  process,
  shouldApply: () => true,
  editor: (() => null) as any,
  override: (() => null) as any,
});

const registry = new FieldConfigOptionsRegistry(() => [
  ...STANDARD.map(([id, process]) => item(id, process, false)),
  ...CUSTOM.map((id) => item(id, identityOverrideProcessor, true)),
]);

// What the panel's plugin fills in where the JSON is silent.
const DEFAULTS: Record<string, any> = {
  timeseries: {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: 0,
    showPoints: 'auto',
    pointSize: 5,
    axisPlacement: 'auto',
    spanNulls: false,
    lineInterpolation: 'linear',
    barAlignment: 0,
    hideFrom: { legend: false, tooltip: false, viz: false },
  },
};

export async function framesOf(panel: any, answers: any[], from: number, to: number) {
  const raw = panel.targets.flatMap((target: any, at: number) =>
    target.format === 'table'
      ? [tableOf(panel, target, answers[at].result)]
      : answers[at].result.map((one: any) => seriesOf(target, one, answers[at].step, from, to)),
  );
  const data = panel.transformations?.length
    ? await firstValueFrom(transformDataFrame(panel.transformations, raw))
    : raw;
  const { defaults, overrides } = panel.fieldConfig;
  const custom = { ...DEFAULTS[panel.type], ...defaults.custom };
  const frames = applyFieldOverrides({
    data,
    fieldConfig: { defaults: { ...defaults, custom }, overrides },
    replaceVariables: (text: string) => text,
    theme,
    timeZone: 'utc',
    fieldConfigRegistry: registry,
  });
  cacheFieldDisplayNames(frames);
  return frames;
}

function seriesOf(target: any, one: any, step: number, from: number, to: number): DataFrame {
  const name = legend(target.legendFormat, one.metric);
  const [times, values] = one.values ? everyStep(one.values, step, from, to) : [[one.value[0]], [+one.value[1]]];
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: step * 1000 }, values: times.map((at: number) => at * 1000) },
      { name: 'Value', type: FieldType.number, labels: one.metric, config: { displayNameFromDS: name }, values },
    ],
  });
}

// The data source puts a null where a step has no value, so that gaps are gaps.
function everyStep(pairs: [number, string][], step: number, from: number, to: number): [number[], (number | null)[]] {
  const found = new Map(pairs.map(([at, value]) => [at, +value]));
  const times: number[] = [];
  for (let at = Math.floor(from / step) * step; at <= to; at += step) times.push(at);
  return [times, times.map((at) => found.get(at) ?? null)];
}

function legend(format: string, labels: Record<string, string>): string {
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '') || 'Value';
}

function tableOf(panel: any, target: any, result: any[]): DataFrame {
  const labels = [...new Set<string>(result.flatMap((one) => Object.keys(one.metric)))].sort();
  const several = panel.targets.length > 1;
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: result.map((one) => one.value[0] * 1000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: result.map((one) => one.metric[name] ?? '') })),
      {
        name: several ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: result.map((one) => +one.value[1]),
      },
    ],
  });
}
