# The models of goals G9 and G11 in R, timed for goals.py:  Rscript models.R CASE SCORES.csv
# A row of the file is a score: group, person, wave (0, 1, ...), score. Prints seconds of the processor, how many groups,
# and what was found, as one line of JSON. Everything is done once untimed, since R compiles what it does the first time.

suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(nlme)})
given <- commandArgs(trailingOnly = TRUE)
scores <- read.csv(given[2])
scores$wave <- factor(scores$wave)
last <- c(rep(0, nlevels(scores$wave) - 1), 1)
quick <- lmerControl(calc.derivs = FALSE)
many <- lmerControl(calc.derivs = FALSE, check.nobs.vs.nRE = "ignore")  # as many random effects as there are scores

one_group <- function(own) {
  fit <- suppressMessages(lmerTest::lmer(score ~ wave + (1 | person), own, control = quick))
  c(contest1D(fit, last, ddf = "Satterthwaite")$Estimate, contest1D(fit, last, ddf = "Kenward-Roger")$Estimate)[1]
}

cases <- list(
  mixed = function() sapply(split(scores, scores$group), one_group),
  gls = function() {
    # as.integer(wave): the position by which corSymm knows which of a person's waves there are
    fit <- gls(score ~ wave, scores, correlation = corSymm(form = ~ as.integer(wave) | person),
               weights = varIdent(form = ~ 1 | wave), na.action = na.omit)
    c(coef(fit)[length(last)], as.numeric(logLik(fit, REML = TRUE)))
  },
  lmer = function() {
    fit <- lme4::lmer(score ~ wave + (0 + wave | person), scores, control = many)
    c(fixef(fit)[length(last)], as.numeric(logLik(fit, REML = TRUE)))
  },
  lmerTest = function() {
    fit <- suppressWarnings(lmerTest::lmer(score ~ wave + (0 + wave | person), scores, control = many))
    unlist(contest1D(fit, last, ddf = "Satterthwaite")[c("Estimate", "df")])
  }
)
times <- if (given[1] == "mixed") 1 else 5
invisible(cases[[given[1]]]())
began <- proc.time()
for (time in seq_len(times)) found <- cases[[given[1]]]()
took <- (proc.time() - began) / times
cat(sprintf('{"cpu": %f, "wall": %f, "check": {"found": [%s], "groups": %d}}\n', sum(took[1:2]), took[3],
            paste(sprintf("%.6f", head(found, 20)), collapse = ", "), nlevels(factor(scores$group))))
