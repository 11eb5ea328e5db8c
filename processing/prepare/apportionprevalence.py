"""Spread practice registers over areas."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterField

from ...layers.errors import InputError
from ..base import AreaAlgorithm, talk
from ..messages import tr


class ApportionPrevalence(AreaAlgorithm):
    """Estimates disease prevalence of areas from the registers of general practices."""

    ID = "apportionprevalence"
    TITLE = "Apportion disease registers to areas"
    GROUP = "Prepare"
    TAGS = ("QOF", "GP", "practice", "register", "prevalence", "LSOA", "diabetes")
    VIEWS = ("prevalence",)
    OUTPUT_TITLE = "Areas with disease prevalence"
    TABLE_PARAMETERS = ("REGISTERS", "REGISTRATIONS", "LOOKUP", "AGES")

    def initAlgorithm(self, configuration=None):
        self.add_area_parameters()
        self.add_table_parameter("REGISTERS", tr("Registers of the practices (PREVALENCE…)"))
        self.add_table_parameter(
            "REGISTRATIONS", tr("Patients of the practices by LSOA (gp-reg-pat-prac-lsoa…)")
        )
        self.add_table_parameter(
            "LOOKUP", tr("Lookup from LSOA 2011 to 2021, where the areas are of 2021"), True
        )
        self.add_table_parameter(
            "AGES", tr("People by age in each area, to rake the registers to (TS007A…)"), True
        )
        self.addParameter(
            QgsProcessingParameterField(
                "RESIDENTS_FIELD",
                tr("Field with the residents of each area (those of AGES when left empty)"),
                parentLayerParameterName=self.INPUT,
                type=QgsProcessingParameterField.DataType.Numeric,
                optional=True,
            )
        )
        self.add_match_parameter()
        self.add_suppression_parameter()
        self.add_output()

    def execute(self, parameters, context, feedback):
        from ..inputs import unprotected
        from ..registers.prevalence import People, apportioned_prevalence

        areas = self.read_areas(parameters, context, feedback)
        registers = self._found("REGISTERS", "registers", areas, feedback)
        rule = self.parameterAsString(parameters, self.SUPPRESSION, context) or "none"
        results = apportioned_prevalence(
            registers,
            self._found("REGISTRATIONS", "registrations", areas, feedback),
            next(iter(self._found("LOOKUP", "lookup", areas, feedback)), None),
            areas,
            rule=rule,
            min_match=self.parameterAsDouble(parameters, self.MIN_MATCH, context),
            log=talk(feedback),
            people=People(
                self._found("AGES", "counts", areas, feedback),
                self._residents(parameters, context, areas),
            ),
        )
        if rule != "none":
            results.replaced = unprotected(registers, areas)
        return self.write(parameters, areas, results, context, feedback)

    def _found(self, parameter, role, areas, feedback):
        """Return the tables of a parameter, which must be of the kind it is for."""
        from ..inputs import find_tables

        found = find_tables(self.tables[parameter], talk(feedback))
        for one in found:
            if one.what.shape.role != role:
                raise InputError(
                    tr("{parameter}: {table} is {title} ({role}), not {wanted}.").format(
                        parameter=parameter,
                        table=one.table.name,
                        title=one.taxonomy.name,
                        role=one.what.shape.role,
                        wanted=role,
                    )
                )
        return found

    def _residents(self, parameters, context, areas):
        """Return the residents of the areas by their field, None where none is chosen."""
        from ..fields import numbers_of, refuse_negative

        field = self.parameterAsString(parameters, "RESIDENTS_FIELD", context)
        if not field:
            return None
        if areas.source.fields().lookupField(field) < 0:
            raise InputError(
                tr("RESIDENTS_FIELD: the areas have no field {name}.").format(name=field)
            )
        residents = numbers_of(areas, [field])
        refuse_negative(residents, areas)
        return residents[field]
