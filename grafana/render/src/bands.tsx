// State timeline, which is not among the components on npm: one band for each series.
import React from 'react';
import { dateTimeFormat, type DataFrame } from '@grafana/data';
import { measureText } from '@grafana/ui';
import { theme } from './theme';

const HOUR = 3600;
const DAY = 24 * HOUR;
const AXIS = 22;
const FONT = 12;

interface Span {
  begin: number;
  end: number;
  text: string;
  color: string;
}

function spansOf(frame: DataFrame): Span[] {
  const [times, values] = frame.fields;
  const step = times.config.interval!;
  const spans: Span[] = [];
  values.values.forEach((value: any, at: number) => {
    if (value === null) return;
    const { text, color } = values.display!(value);
    const last = spans.at(-1);
    const begin = times.values[at];
    if (last && last.text === text && last.end >= begin) last.end = begin + step;
    else spans.push({ begin, end: begin + step, text, color: color! });
  });
  return spans;
}

export function Bands({ panel, frames, width, height, from, to }: any) {
  const names = frames.map((frame: DataFrame) => frame.name ?? '');
  const left = Math.max(...names.map((name: string) => measureText(name, FONT).width)) * 1.08 + 12;
  const scale = (at: number) => left + ((at / 1000 - from) / (to - from)) * (width - left);
  const row = (height - AXIS) / frames.length;
  const thick = row * panel.options.rowHeight;
  const week = to - from > DAY;
  const every = week ? DAY : 4 * HOUR;
  const first = Math.ceil((from + every / 4) / every) * every;
  const ticks = Array.from({ length: Math.floor((to - every / 4 - first) / every) + 1 }, (_, at) => first + at * every);
  const alpha = panel.fieldConfig.defaults.custom.fillOpacity / 100;
  return (
    <svg width={width} height={height} fontFamily={theme.typography.fontFamily} fontSize={FONT}>
      {frames.map((frame: DataFrame, at: number) => (
        <g key={at} transform={`translate(0 ${at * row})`}>
          <text x={left - 8} y={row / 2} dy="0.35em" textAnchor="end" fill={theme.colors.text.primary}>
            {names[at]}
          </text>
          {spansOf(frame).map(({ begin, end, text, color }) => {
            const x = Math.max(scale(begin), left);
            const wide = Math.min(scale(end), width) - x;
            return (
              <g key={begin}>
                <rect x={x} y={(row - thick) / 2} width={wide} height={thick} fill={color} fillOpacity={alpha} />
                {wide > 40 && thick > FONT && (
                  <text x={x + 6} y={row / 2} dy="0.35em" fill={theme.colors.getContrastText(color)}>
                    {text}
                  </text>
                )}
              </g>
            );
          })}
        </g>
      ))}
      {ticks.map((at) => (
        <text key={at} x={scale(at * 1000)} y={height - 6} textAnchor="middle" fill={theme.colors.text.primary}>
          {dateTimeFormat(at * 1000, { format: week ? 'MM/DD' : 'HH:mm', timeZone: 'utc' })}
        </text>
      ))}
    </svg>
  );
}
