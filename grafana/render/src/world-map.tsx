// Geomap, which is not among the components on npm: countries, and a marker on each by its value.
import React from 'react';
import { geoEquirectangular, geoPath } from 'd3-geo';
import iso from 'iso-3166-1';
import { feature } from 'topojson-client';
import atlas from 'world-atlas/countries-110m.json';
import { theme } from './theme';

const countries: any = feature(atlas as any, (atlas as any).objects.countries);
const SHOWN: any = { type: 'MultiPoint', coordinates: [[-168, -56], [180, 80]] };

// The middle of the largest part, so that France's is in Europe.
function middle(shape: any, path: any): [number, number] {
  const { type, coordinates } = shape.geometry;
  if (type === 'Polygon') return path.centroid(shape);
  const parts = coordinates.map((one: any) => ({ type: 'Polygon', coordinates: one }));
  return path.centroid(parts.reduce((a: any, b: any) => (path.area(a) >= path.area(b) ? a : b)));
}

export function WorldMap({ panel, frames, width, height }: any) {
  const [frame] = frames;
  const places = frame.fields.find((one: any) => one.name === 'country').values;
  const field = frame.fields.find((one: any) => one.type === 'number');
  const { color, opacity, size } = panel.options.layers[0].config.style;
  const projection = geoEquirectangular().fitSize([width, height], SHOWN);
  const path = geoPath(projection);
  const most = Math.max(...field.values);
  const least = Math.min(...field.values);
  const marks = places.flatMap((place: string, at: number) => {
    const number = iso.whereAlpha2(place)?.numeric;
    const shape = countries.features.find((one: any) => one.id === number);
    if (!shape) return [];
    const share = (field.values[at] - least) / (most - least || 1);
    const [x, y] = middle(shape, path);
    const radius = size.min + share * (size.max - size.min);
    return [<circle key={place} cx={x} cy={y} r={radius} fill={color.fixed} fillOpacity={opacity} />];
  });
  return (
    <svg width={width} height={height} style={{ background: theme.colors.background.canvas }}>
      {countries.features.map((one: any, at: number) => (
        <path key={at} d={path(one)!} fill={theme.colors.background.secondary} stroke={theme.colors.border.medium} strokeWidth={0.5} />
      ))}
      {marks}
    </svg>
  );
}
