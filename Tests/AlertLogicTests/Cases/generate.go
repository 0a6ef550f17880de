// Writes what the templates of alerting rules give in Prometheus, with its functions as its documentation has them:
//
//	go run generate.go < rules.json > new.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	html "html/template"
	"math"
	"net"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
)

type Case struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Error    *string `json:"error,omitempty"`
}

type sample struct {
	Labels map[string]string
	Value  float64
}

type queryResult []*sample

var answers = map[string]queryResult{
	"up": {
		{map[string]string{"__name__": "up", "instance": "host0:80", "job": "b"}, 3e9},
		{map[string]string{"__name__": "up", "__value__": "text", "instance": "host1:80", "job": "a"}, 0.5},
		{map[string]string{"__name__": "up", "instance": "host2:80", "job": "b"}, 1},
	},
	"empty":  {},
	"scalar": {{map[string]string{}, 42}},
}

func number(value any) (float64, error) {
	switch value := value.(type) {
	case float64:
		return value, nil
	case string:
		return strconv.ParseFloat(value, 64)
	case int:
		return float64(value), nil
	case int64:
		return float64(value), nil
	case time.Duration:
		return value.Seconds(), nil
	}
	return 0, fmt.Errorf("can't convert %T to float", value)
}

func isSpecial(value float64) bool { return math.IsNaN(value) || math.IsInf(value, 0) }

func short(value float64) string { return fmt.Sprintf("%.4g", value) }

func up(value, base float64, prefixes ...string) string {
	last := ""
	for _, prefix := range prefixes {
		if math.Abs(value) < base {
			break
		}
		last = prefix
		value /= base
	}
	return short(value) + last
}

func down(value float64) string {
	last := ""
	for _, prefix := range []string{"m", "u", "n", "p", "f", "a", "z", "y"} {
		if math.Abs(value) >= 1 {
			break
		}
		last = prefix
		value *= 1000
	}
	return short(value) + last
}

func ofNumber(format func(float64) string) func(any) (string, error) {
	return func(value any) (string, error) {
		converted, err := number(value)
		if err != nil {
			return "", err
		}
		return format(converted), nil
	}
}

func duration(value float64) string {
	switch {
	case isSpecial(value):
		return short(value)
	case value == 0:
		return "0s"
	case math.Abs(value) < 1:
		return down(value) + "s"
	}
	sign := ""
	if value < 0 {
		sign, value = "-", -value
	}
	whole := int64(value)
	seconds, minutes, hours, days := whole%60, whole/60%60, whole/3600%24, whole/86400
	switch {
	case days != 0:
		return fmt.Sprintf("%s%dd %dh %dm %ds", sign, days, hours, minutes, seconds)
	case hours != 0:
		return fmt.Sprintf("%s%dh %dm %ds", sign, hours, minutes, seconds)
	case minutes != 0:
		return fmt.Sprintf("%s%dm %ds", sign, minutes, seconds)
	}
	return sign + short(value) + "s"
}

var errSpecial = errors.New("value is NaN or Inf")

func toTime(value any) (*time.Time, error) {
	converted, err := number(value)
	if err != nil {
		return nil, err
	}
	if isSpecial(converted) {
		return nil, errSpecial
	}
	nanoseconds := converted * 1e9
	if nanoseconds > math.MaxInt64 || nanoseconds < math.MinInt64 {
		return nil, fmt.Errorf("%v cannot be represented as a nanoseconds timestamp since it overflows int64", converted)
	}
	result := time.UnixMilli(int64(nanoseconds) / 1e6).UTC()
	return &result, nil
}

func timestamp(value any) (string, error) {
	result, err := toTime(value)
	if errors.Is(err, errSpecial) {
		converted, _ := number(value)
		return short(converted), nil
	}
	if err != nil {
		return "", err
	}
	return result.String(), nil
}

func parseDuration(text string) (float64, error) {
	if text == "" {
		return 0, errors.New("empty duration string")
	}
	if text == "0" {
		return 0, nil
	}
	form := regexp.MustCompile(`^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$`)
	parts := form.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("not a valid duration string: %q", text)
	}
	total := 0.0
	for i, unit := range []float64{31536000, 604800, 86400, 3600, 60, 1, 0.001} {
		count, _ := strconv.ParseFloat("0"+parts[i+1], 64)
		total += count * unit
	}
	if total*1e9 > math.MaxInt64 {
		return 0, errors.New("duration out of range")
	}
	return total, nil
}

func stripPort(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		return host
	}
	return text
}

func stripDomain(text string) string {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, ""
	}
	if net.ParseIP(host) != nil {
		return text
	}
	host, _, _ = strings.Cut(host, ".")
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func link(tab string) func(string) string {
	return func(expression string) string {
		return "/graph?g0.expr=" + url.QueryEscape(expression) + "&g0.tab=" + tab
	}
}

const address = "https://monitor.example.org:9090/prom/x"

var functions = template.FuncMap{
	"query": func(query string) (queryResult, error) {
		if answer, ok := answers[query]; ok {
			return append(queryResult{}, answer...), nil
		}
		return nil, errors.New("bad query")
	},
	"first": func(result queryResult) (*sample, error) {
		if len(result) == 0 {
			return nil, errors.New("first() called on vector with no elements")
		}
		return result[0], nil
	},
	"label":    func(name string, one *sample) string { return one.Labels[name] },
	"value":    func(one *sample) float64 { return one.Value },
	"strvalue": func(one *sample) string { return one.Labels["__value__"] },
	"sortByLabel": func(label string, result queryResult) queryResult {
		sort.SliceStable(result, func(i, j int) bool { return result[i].Labels[label] < result[j].Labels[label] })
		return result
	},
	"args": func(values ...any) map[string]any {
		result := map[string]any{}
		for i, value := range values {
			result["arg"+strconv.Itoa(i)] = value
		}
		return result
	},
	"reReplaceAll": func(pattern, replacement, text string) string {
		return regexp.MustCompile(pattern).ReplaceAllString(text, replacement)
	},
	"match":              regexp.MatchString,
	"safeHtml":           func(text string) html.HTML { return html.HTML(text) },
	"title":              strings.Title,
	"toUpper":            strings.ToUpper,
	"toLower":            strings.ToLower,
	"graphLink":          link("0"),
	"tableLink":          link("1"),
	"stripPort":          stripPort,
	"stripDomain":        stripDomain,
	"humanizeTimestamp":  timestamp,
	"toTime":             toTime,
	"parseDuration":      parseDuration,
	"urlQueryEscape":     url.QueryEscape,
	"now":                func() float64 { return 0 },
	"externalURL":        func() string { return address },
	"pathPrefix":         func() string { return "/prom/x" },
	"humanizeDuration":   ofNumber(duration),
	"humanizePercentage": ofNumber(func(value float64) string { return short(value*100) + "%" }),
	"humanize": ofNumber(func(value float64) string {
		if value == 0 || isSpecial(value) {
			return short(value)
		}
		if math.Abs(value) < 1 {
			return down(value)
		}
		return up(value, 1000, "k", "M", "G", "T", "P", "E", "Z", "Y")
	}),
	"humanize1024": ofNumber(func(value float64) string {
		if math.Abs(value) <= 1 || isSpecial(value) {
			return short(value)
		}
		return up(value, 1024, "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
	}),
	"toDuration": func(value any) (*time.Duration, error) {
		converted, err := number(value)
		if err != nil {
			return nil, err
		}
		result := time.Duration(converted * float64(time.Second))
		return &result, nil
	},
}

const preamble = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

func expand(text string) (string, error) {
	data := struct {
		Labels         map[string]string
		ExternalLabels map[string]string
		ExternalURL    string
		Value          any
	}{
		map[string]string{"job": "api", "instance": "host.example.org:9100", "weird": "<a&b>"},
		map[string]string{"cluster": "eu1"}, address, 1234567.0,
	}
	const name = "__alert_T"
	parsed, err := template.New(name).Option("missingkey=zero").Funcs(functions).Parse(preamble + text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if err := parsed.Execute(&out, data); err != nil {
		return "", fmt.Errorf("error executing template %s: %w", name, err)
	}
	return out.String(), nil
}

func main() {
	var cases []Case
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	fmt.Println("[")
	for i, one := range cases {
		text, err := expand(one.Template)
		// The types are Prometheus', in its package of this name.
		text = strings.ReplaceAll(text, "main.", "template.")
		one.Output, one.Error = &text, nil
		if err != nil {
			text = strings.ReplaceAll(err.Error(), "main.", "template.")
			one.Output, one.Error = nil, &text
		}
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(one); err != nil {
			panic(err)
		}
		end := ","
		if i == len(cases)-1 {
			end = ""
		}
		fmt.Println(strings.TrimSpace(line.String()) + end)
	}
	fmt.Println("]")
}
