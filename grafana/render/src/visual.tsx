// The inside of a panel, by its type.
import React from 'react';
import { dateTime, getDisplayValueAlignmentFactors, getFieldDisplayValues, VizOrientation } from '@grafana/data';
import { BarGauge, BigValue, BigValueTextMode, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { Bands } from './bands';
import { theme } from './theme';
import { WorldMap } from './world-map';

export function Visual({ panel, frames, width, height, from, to }: any) {
  const empty = !frames.length || frames.every((frame: any) => !frame.length);
  const common = { panel, frames, width, height, from, to };
  if (panel.type === 'stat') return <Numbers {...common} />;
  if (panel.type === 'bargauge') return <Gauges {...common} />;
  if (empty) return <Nothing text={panel.fieldConfig.defaults.noValue ?? 'No data'} height={height} />;
  if (panel.type === 'timeseries') return <Graph {...common} />;
  if (panel.type === 'table') return <Rows {...common} />;
  if (panel.type === 'state-timeline') return <Bands {...common} />;
  if (panel.type === 'geomap') return <WorldMap {...common} />;
  throw new Error(`nothing draws a ${panel.type}`);
}

function Nothing({ text, height }: any) {
  return (
    <div style={{ height, display: 'flex', alignItems: 'center', justifyContent: 'center', color: theme.colors.text.secondary }}>
      {text}
    </div>
  );
}

function Graph({ panel, frames, width, height, from, to }: any) {
  const timeRange: any = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: panel.timeFrom };
  const { options } = panel;
  return (
    <TimeSeries
      frames={frames}
      timeRange={timeRange}
      timeZone="utc"
      width={width}
      height={height}
      legend={{ calcs: [], ...options.legend }}
      options={options}
    />
  );
}

function Rows({ panel, frames, width, height }: any) {
  const { cellHeight, sortBy } = panel.options;
  return (
    <TableNG
      data={frames[0]}
      width={width}
      height={height}
      cellHeight={cellHeight}
      initialSortBy={sortBy}
      fieldConfig={panel.fieldConfig}
      structureRev={1}
    />
  );
}

function valuesOf(panel: any, frames: any[]) {
  const { calcs, values, fields } = panel.options.reduceOptions;
  return () =>
    getFieldDisplayValues({
      fieldConfig: panel.fieldConfig,
      reduceOptions: { calcs, values, fields },
      replaceVariables: (text: string) => text,
      theme,
      data: frames,
      timeZone: 'utc',
    });
}

function Numbers({ panel, frames, width, height }: any) {
  const { colorMode, graphMode, justifyMode, textMode, wideLayout } = panel.options;
  return (
    <VizRepeater
      getValues={valuesOf(panel, frames)}
      source={frames}
      width={width}
      height={height}
      orientation={VizOrientation.Auto}
      renderCounter={0}
      itemSpacing={3}
      renderValue={({ value, width, height, count }: any) => (
        <BigValue
          value={value.display}
          count={count}
          width={width}
          height={height}
          theme={theme}
          colorMode={colorMode}
          graphMode={graphMode}
          justifyMode={justifyMode}
          textMode={textMode as BigValueTextMode}
          wideLayout={wideLayout}
        />
      )}
    />
  );
}

function Gauges({ panel, frames, width, height }: any) {
  const { displayMode, maxVizHeight, minVizHeight, minVizWidth, namePlacement, orientation, showUnfilled, valueMode } =
    panel.options;
  return (
    <VizRepeater
      getValues={valuesOf(panel, frames)}
      source={frames}
      width={width}
      height={height}
      orientation={orientation}
      renderCounter={0}
      itemSpacing={10}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      minVizHeight={minVizHeight}
      maxVizHeight={maxVizHeight}
      minVizWidth={minVizWidth}
      renderValue={({ value, width, height, alignmentFactors }: any) => (
        <BarGauge
          value={value.display}
          field={value.field}
          width={width}
          height={height}
          orientation={orientation}
          theme={theme}
          itemSpacing={10}
          displayMode={displayMode}
          namePlacement={namePlacement}
          showUnfilled={showUnfilled}
          valueDisplayMode={valueMode}
          alignmentFactors={alignmentFactors}
          text={panel.options.text}
          display={value.view?.getFieldDisplayProcessor?.(value.colIndex)}
        />
      )}
    />
  );
}
